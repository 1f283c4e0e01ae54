import { decodeMessage, encodeMessage, enumeration, MaxLengthError, message } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Frame {
  type: FrameType
  body: Uint8Array<ArrayBuffer>
  mac: Uint8Array<ArrayBuffer>
}

export namespace Frame {
  let _codec: Codec<Frame>

  export const codec = (): Codec<Frame> => {
    if (_codec == null) {
      _codec = message<Frame>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.type != null && __FrameTypeValues[obj.type] !== 0) {
          w.uint32(8)
          FrameType.codec().encode(obj.type, w)
        }

        if ((obj.body != null && obj.body.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.body)
        }

        if ((obj.mac != null && obj.mac.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.mac)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          type: FrameType.UNKNOWN,
          body: uint8ArrayAlloc(0),
          mac: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.type = FrameType.codec().decode(reader)
              break
            }
            case 2: {
              obj.body = reader.bytes()
              break
            }
            case 3: {
              obj.mac = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  export function encode (obj: Partial<Frame>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Frame.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Frame>): Frame {
    return decodeMessage(buf, Frame.codec(), opts)
  }
}

export enum FrameType {
  UNKNOWN = 'UNKNOWN',
  KNOCK = 'KNOCK',
  WELCOME = 'WELCOME',
  ANSWER = 'ANSWER',
  GRANT = 'GRANT',
  ACK = 'ACK',
  RETRY = 'RETRY',
  WAITING = 'WAITING',
  DECLINE = 'DECLINE',
  CANCEL = 'CANCEL',
  REFUSAL = 'REFUSAL'
}

enum __FrameTypeValues {
  UNKNOWN = 0,
  KNOCK = 1,
  WELCOME = 2,
  ANSWER = 3,
  GRANT = 4,
  ACK = 5,
  RETRY = 6,
  WAITING = 7,
  DECLINE = 8,
  CANCEL = 9,
  REFUSAL = 10
}

export namespace FrameType {
  export const codec = (): Codec<FrameType> => {
    return enumeration<FrameType>(__FrameTypeValues)
  }
}

export enum Intent {
  PREVIEW = 'PREVIEW',
  REDEEM = 'REDEEM'
}

enum __IntentValues {
  PREVIEW = 0,
  REDEEM = 1
}

export namespace Intent {
  export const codec = (): Codec<Intent> => {
    return enumeration<Intent>(__IntentValues)
  }
}

export interface Knock {
  version: number
  lookupId: Uint8Array<ArrayBuffer>
  intent: Intent
  nonce: Uint8Array<ArrayBuffer>
}

export namespace Knock {
  let _codec: Codec<Knock>

  export const codec = (): Codec<Knock> => {
    if (_codec == null) {
      _codec = message<Knock>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.version != null && obj.version !== 0)) {
          w.uint32(8)
          w.uint32(obj.version)
        }

        if ((obj.lookupId != null && obj.lookupId.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.lookupId)
        }

        if (obj.intent != null && __IntentValues[obj.intent] !== 0) {
          w.uint32(24)
          Intent.codec().encode(obj.intent, w)
        }

        if ((obj.nonce != null && obj.nonce.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.nonce)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          version: 0,
          lookupId: uint8ArrayAlloc(0),
          intent: Intent.PREVIEW,
          nonce: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.version = reader.uint32()
              break
            }
            case 2: {
              obj.lookupId = reader.bytes()
              break
            }
            case 3: {
              obj.intent = Intent.codec().decode(reader)
              break
            }
            case 4: {
              obj.nonce = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  export function encode (obj: Partial<Knock>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Knock.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Knock>): Knock {
    return decodeMessage(buf, Knock.codec(), opts)
  }
}

export interface Welcome {
  genesis: Uint8Array<ArrayBuffer>
  invite: Uint8Array<ArrayBuffer>
  preview?: Preview
  nonce: Uint8Array<ArrayBuffer>
  share: Uint8Array<ArrayBuffer>
}

export namespace Welcome {
  let _codec: Codec<Welcome>

  export const codec = (): Codec<Welcome> => {
    if (_codec == null) {
      _codec = message<Welcome>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.genesis != null && obj.genesis.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.genesis)
        }

        if ((obj.invite != null && obj.invite.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.invite)
        }

        if (obj.preview != null) {
          w.uint32(26)
          Preview.codec().encode(obj.preview, w)
        }

        if ((obj.nonce != null && obj.nonce.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.nonce)
        }

        if ((obj.share != null && obj.share.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.share)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          genesis: uint8ArrayAlloc(0),
          invite: uint8ArrayAlloc(0),
          nonce: uint8ArrayAlloc(0),
          share: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.genesis = reader.bytes()
              break
            }
            case 2: {
              obj.invite = reader.bytes()
              break
            }
            case 3: {
              obj.preview = Preview.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.preview
              })
              break
            }
            case 4: {
              obj.nonce = reader.bytes()
              break
            }
            case 5: {
              obj.share = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  export function encode (obj: Partial<Welcome>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Welcome.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Welcome>): Welcome {
    return decodeMessage(buf, Welcome.codec(), opts)
  }
}

export interface Preview {
  name: string
  kind: number
  memberCount: number
  profile: Uint8Array<ArrayBuffer>
  role: number
  expiresAt: bigint
  attemptsLeft: number
  pinLength: number
  pinAlphabet: string
  approval: boolean
  picture: string
  member: boolean
  app?: Uint8Array<ArrayBuffer>
  data?: Uint8Array<ArrayBuffer>
  recovery?: Uint8Array<ArrayBuffer>
}

export namespace Preview {
  let _codec: Codec<Preview>

  export const codec = (): Codec<Preview> => {
    if (_codec == null) {
      _codec = message<Preview>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.name != null && obj.name !== '')) {
          w.uint32(10)
          w.string(obj.name)
        }

        if ((obj.kind != null && obj.kind !== 0)) {
          w.uint32(16)
          w.uint32(obj.kind)
        }

        if ((obj.memberCount != null && obj.memberCount !== 0)) {
          w.uint32(24)
          w.uint32(obj.memberCount)
        }

        if ((obj.profile != null && obj.profile.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.profile)
        }

        if ((obj.role != null && obj.role !== 0)) {
          w.uint32(40)
          w.uint32(obj.role)
        }

        if ((obj.expiresAt != null && obj.expiresAt !== 0n)) {
          w.uint32(48)
          w.uint64(obj.expiresAt)
        }

        if ((obj.attemptsLeft != null && obj.attemptsLeft !== 0)) {
          w.uint32(56)
          w.uint32(obj.attemptsLeft)
        }

        if ((obj.pinLength != null && obj.pinLength !== 0)) {
          w.uint32(64)
          w.uint32(obj.pinLength)
        }

        if ((obj.pinAlphabet != null && obj.pinAlphabet !== '')) {
          w.uint32(74)
          w.string(obj.pinAlphabet)
        }

        if ((obj.approval != null && obj.approval !== false)) {
          w.uint32(80)
          w.bool(obj.approval)
        }

        if ((obj.picture != null && obj.picture !== '')) {
          w.uint32(90)
          w.string(obj.picture)
        }

        if ((obj.member != null && obj.member !== false)) {
          w.uint32(96)
          w.bool(obj.member)
        }

        if (obj.app != null) {
          w.uint32(106)
          w.bytes(obj.app)
        }

        if (obj.data != null) {
          w.uint32(114)
          w.bytes(obj.data)
        }

        if (obj.recovery != null) {
          w.uint32(122)
          w.bytes(obj.recovery)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          name: '',
          kind: 0,
          memberCount: 0,
          profile: uint8ArrayAlloc(0),
          role: 0,
          expiresAt: 0n,
          attemptsLeft: 0,
          pinLength: 0,
          pinAlphabet: '',
          approval: false,
          picture: '',
          member: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.name = reader.string()
              break
            }
            case 2: {
              obj.kind = reader.uint32()
              break
            }
            case 3: {
              obj.memberCount = reader.uint32()
              break
            }
            case 4: {
              obj.profile = reader.bytes()
              break
            }
            case 5: {
              obj.role = reader.uint32()
              break
            }
            case 6: {
              obj.expiresAt = reader.uint64()
              break
            }
            case 7: {
              obj.attemptsLeft = reader.uint32()
              break
            }
            case 8: {
              obj.pinLength = reader.uint32()
              break
            }
            case 9: {
              obj.pinAlphabet = reader.string()
              break
            }
            case 10: {
              obj.approval = reader.bool()
              break
            }
            case 11: {
              obj.picture = reader.string()
              break
            }
            case 12: {
              obj.member = reader.bool()
              break
            }
            case 13: {
              obj.app = reader.bytes()
              break
            }
            case 14: {
              obj.data = reader.bytes()
              break
            }
            case 15: {
              obj.recovery = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }
}

export interface Answer {
  share: Uint8Array<ArrayBuffer>
  tag: Uint8Array<ArrayBuffer>
  acceptance: Uint8Array<ArrayBuffer>
  profile: Uint8Array<ArrayBuffer>
  recovery: Uint8Array<ArrayBuffer>
}

export namespace Answer {
  let _codec: Codec<Answer>

  export const codec = (): Codec<Answer> => {
    if (_codec == null) {
      _codec = message<Answer>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.share != null && obj.share.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.share)
        }

        if ((obj.tag != null && obj.tag.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.tag)
        }

        if ((obj.acceptance != null && obj.acceptance.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.acceptance)
        }

        if ((obj.profile != null && obj.profile.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.profile)
        }

        if ((obj.recovery != null && obj.recovery.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.recovery)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          share: uint8ArrayAlloc(0),
          tag: uint8ArrayAlloc(0),
          acceptance: uint8ArrayAlloc(0),
          profile: uint8ArrayAlloc(0),
          recovery: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.share = reader.bytes()
              break
            }
            case 2: {
              obj.tag = reader.bytes()
              break
            }
            case 3: {
              obj.acceptance = reader.bytes()
              break
            }
            case 4: {
              obj.profile = reader.bytes()
              break
            }
            case 5: {
              obj.recovery = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  export function encode (obj: Partial<Answer>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Answer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Answer>): Answer {
    return decodeMessage(buf, Answer.codec(), opts)
  }
}

export interface SignedOp {
  body: Uint8Array<ArrayBuffer>
  sig: Uint8Array<ArrayBuffer>
}

export namespace SignedOp {
  let _codec: Codec<SignedOp>

  export const codec = (): Codec<SignedOp> => {
    if (_codec == null) {
      _codec = message<SignedOp>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.body != null && obj.body.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.body)
        }

        if ((obj.sig != null && obj.sig.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.sig)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          body: uint8ArrayAlloc(0),
          sig: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.body = reader.bytes()
              break
            }
            case 2: {
              obj.sig = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }
}

export interface Grant {
  tag: Uint8Array<ArrayBuffer>
  admit?: SignedOp
  authority: SignedOp[]
  heads: Uint8Array<ArrayBuffer>[]
  secrets: Uint8Array<ArrayBuffer>
}

export namespace Grant {
  let _codec: Codec<Grant>

  export const codec = (): Codec<Grant> => {
    if (_codec == null) {
      _codec = message<Grant>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.tag != null && obj.tag.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.tag)
        }

        if (obj.admit != null) {
          w.uint32(18)
          SignedOp.codec().encode(obj.admit, w)
        }

        if (obj.authority != null && obj.authority.length > 0) {
          for (const value of obj.authority) {
            w.uint32(26)
            SignedOp.codec().encode(value, w)
          }
        }

        if (obj.heads != null && obj.heads.length > 0) {
          for (const value of obj.heads) {
            w.uint32(34)
            w.bytes(value)
          }
        }

        if ((obj.secrets != null && obj.secrets.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.secrets)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          tag: uint8ArrayAlloc(0),
          authority: [],
          heads: [],
          secrets: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.tag = reader.bytes()
              break
            }
            case 2: {
              obj.admit = SignedOp.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.admit
              })
              break
            }
            case 3: {
              if (opts.limits?.authority != null && obj.authority.length === opts.limits.authority) {
                throw new MaxLengthError('Decode error - repeated field "authority" had too many elements')
              }

              obj.authority.push(SignedOp.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.authority$
              }))
              break
            }
            case 4: {
              if (opts.limits?.heads != null && obj.heads.length === opts.limits.heads) {
                throw new MaxLengthError('Decode error - repeated field "heads" had too many elements')
              }

              obj.heads.push(reader.bytes())
              break
            }
            case 5: {
              obj.secrets = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  export function encode (obj: Partial<Grant>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Grant.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Grant>): Grant {
    return decodeMessage(buf, Grant.codec(), opts)
  }
}

export interface Retry {
  attemptsLeft: number
  nonce: Uint8Array<ArrayBuffer>
  share: Uint8Array<ArrayBuffer>
}

export namespace Retry {
  let _codec: Codec<Retry>

  export const codec = (): Codec<Retry> => {
    if (_codec == null) {
      _codec = message<Retry>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.attemptsLeft != null && obj.attemptsLeft !== 0)) {
          w.uint32(8)
          w.uint32(obj.attemptsLeft)
        }

        if ((obj.nonce != null && obj.nonce.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.nonce)
        }

        if ((obj.share != null && obj.share.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.share)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          attemptsLeft: 0,
          nonce: uint8ArrayAlloc(0),
          share: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.attemptsLeft = reader.uint32()
              break
            }
            case 2: {
              obj.nonce = reader.bytes()
              break
            }
            case 3: {
              obj.share = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  export function encode (obj: Partial<Retry>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Retry.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Retry>): Retry {
    return decodeMessage(buf, Retry.codec(), opts)
  }
}

export interface Waiting {
  tag: Uint8Array<ArrayBuffer>
  nonce: Uint8Array<ArrayBuffer>
}

export namespace Waiting {
  let _codec: Codec<Waiting>

  export const codec = (): Codec<Waiting> => {
    if (_codec == null) {
      _codec = message<Waiting>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.tag != null && obj.tag.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.tag)
        }

        if ((obj.nonce != null && obj.nonce.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.nonce)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          tag: uint8ArrayAlloc(0),
          nonce: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.tag = reader.bytes()
              break
            }
            case 2: {
              obj.nonce = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  export function encode (obj: Partial<Waiting>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Waiting.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Waiting>): Waiting {
    return decodeMessage(buf, Waiting.codec(), opts)
  }
}

export interface Decline {
  reason: string
}

export namespace Decline {
  let _codec: Codec<Decline>

  export const codec = (): Codec<Decline> => {
    if (_codec == null) {
      _codec = message<Decline>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.reason != null && obj.reason !== '')) {
          w.uint32(10)
          w.string(obj.reason)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          reason: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.reason = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  export function encode (obj: Partial<Decline>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Decline.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Decline>): Decline {
    return decodeMessage(buf, Decline.codec(), opts)
  }
}

export enum RefusalCode {
  NOT_FOUND = 'NOT_FOUND',
  EXPIRED = 'EXPIRED',
  REVOKED = 'REVOKED',
  USED = 'USED',
  LOCKED = 'LOCKED',
  DECLINED = 'DECLINED',
  BUSY = 'BUSY',
  UNSUPPORTED_VERSION = 'UNSUPPORTED_VERSION',
  UNSUPPORTED_KEY = 'UNSUPPORTED_KEY',
  PROTOCOL = 'PROTOCOL',
  UNAVAILABLE = 'UNAVAILABLE',
  NOT_FOR_YOU = 'NOT_FOR_YOU',
  NO_ANSWER = 'NO_ANSWER',
  ALREADY_MEMBER = 'ALREADY_MEMBER',
  UNLINKED = 'UNLINKED'
}

enum __RefusalCodeValues {
  NOT_FOUND = 0,
  EXPIRED = 1,
  REVOKED = 2,
  USED = 3,
  LOCKED = 4,
  DECLINED = 6,
  BUSY = 7,
  UNSUPPORTED_VERSION = 8,
  UNSUPPORTED_KEY = 9,
  PROTOCOL = 10,
  UNAVAILABLE = 11,
  NOT_FOR_YOU = 12,
  NO_ANSWER = 13,
  ALREADY_MEMBER = 14,
  UNLINKED = 15
}

export namespace RefusalCode {
  export const codec = (): Codec<RefusalCode> => {
    return enumeration<RefusalCode>(__RefusalCodeValues)
  }
}

export interface Refusal {
  code: RefusalCode
}

export namespace Refusal {
  let _codec: Codec<Refusal>

  export const codec = (): Codec<Refusal> => {
    if (_codec == null) {
      _codec = message<Refusal>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.code != null && __RefusalCodeValues[obj.code] !== 0) {
          w.uint32(8)
          RefusalCode.codec().encode(obj.code, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          code: RefusalCode.NOT_FOUND
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.code = RefusalCode.codec().decode(reader)
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * () {})
    }

    return _codec
  }

  export function encode (obj: Partial<Refusal>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Refusal.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Refusal>): Refusal {
    return decodeMessage(buf, Refusal.codec(), opts)
  }
}
