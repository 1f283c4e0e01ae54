import { decodeMessage, encodeMessage, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface SyncMessage {
  hello?: Hello
  ops?: Ops
  profiles: Uint8Array<ArrayBuffer>[]
  refused: boolean
}

export namespace SyncMessage {
  let _codec: Codec<SyncMessage>

  export const codec = (): Codec<SyncMessage> => {
    if (_codec == null) {
      _codec = message<SyncMessage>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.hello != null) {
          w.uint32(10)
          Hello.codec().encode(obj.hello, w)
        }

        if (obj.ops != null) {
          w.uint32(18)
          Ops.codec().encode(obj.ops, w)
        }

        if (obj.profiles != null && obj.profiles.length > 0) {
          for (const value of obj.profiles) {
            w.uint32(26)
            w.bytes(value)
          }
        }

        if ((obj.refused != null && obj.refused !== false)) {
          w.uint32(32)
          w.bool(obj.refused)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          profiles: [],
          refused: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.hello = Hello.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.hello
              })
              break
            }
            case 2: {
              obj.ops = Ops.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.ops
              })
              break
            }
            case 3: {
              if (opts.limits?.profiles != null && obj.profiles.length === opts.limits.profiles) {
                throw new MaxLengthError('Decode error - repeated field "profiles" had too many elements')
              }

              obj.profiles.push(reader.bytes())
              break
            }
            case 4: {
              obj.refused = reader.bool()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          profiles: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * Hello.codec().stream(reader, reader.uint32(), `${prefix}.hello`, {
                limits: opts.limits?.hello
              })

              break
            }
            case 2: {
              yield * Ops.codec().stream(reader, reader.uint32(), `${prefix}.ops`, {
                limits: opts.limits?.ops
              })

              break
            }
            case 3: {
              if (opts.limits?.profiles != null && obj.profiles === opts.limits.profiles) {
                throw new MaxLengthError('Streaming decode error - repeated field "profiles" had too many elements')
              }

              yield {
                field: `${prefix}.profiles[]`,
                index: obj.profiles,
                value: reader.bytes()
              }

              obj.profiles++

              break
            }
            case 4: {
              yield {
                field: `${prefix}.refused`,
                value: reader.bool()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SyncMessageHelloPartyFieldEvent {
    field: '$.hello.party'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SyncMessageHelloKnownFieldEvent {
    field: '$.hello.known[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface SyncMessageHelloSizeFieldEvent {
    field: '$.hello.size'
    value: number
  }

  export interface SyncMessageHelloProofBodyFieldEvent {
    field: '$.hello.proof[].body'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface SyncMessageHelloProofSigFieldEvent {
    field: '$.hello.proof[].sig'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface SyncMessageHelloProfilesFieldEvent {
    field: '$.hello.profiles'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SyncMessageOpsOpsBodyFieldEvent {
    field: '$.ops.ops[].body'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface SyncMessageOpsOpsSigFieldEvent {
    field: '$.ops.ops[].sig'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface SyncMessageOpsLastFieldEvent {
    field: '$.ops.last'
    value: boolean
  }

  export interface SyncMessageProfilesFieldEvent {
    field: '$.profiles[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface SyncMessageRefusedFieldEvent {
    field: '$.refused'
    value: boolean
  }

  export function encode (obj: Partial<SyncMessage>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, SyncMessage.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SyncMessage>): SyncMessage {
    return decodeMessage(buf, SyncMessage.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SyncMessage>): Generator<SyncMessageHelloPartyFieldEvent | SyncMessageHelloKnownFieldEvent | SyncMessageHelloSizeFieldEvent | SyncMessageHelloProofBodyFieldEvent | SyncMessageHelloProofSigFieldEvent | SyncMessageHelloProfilesFieldEvent | SyncMessageOpsOpsBodyFieldEvent | SyncMessageOpsOpsSigFieldEvent | SyncMessageOpsLastFieldEvent | SyncMessageProfilesFieldEvent | SyncMessageRefusedFieldEvent> {
    return streamMessage(buf, SyncMessage.codec(), opts)
  }
}

export interface Hello {
  party: Uint8Array<ArrayBuffer>
  known: Uint8Array<ArrayBuffer>[]
  size: number
  proof: LogOp[]
  profiles: Uint8Array<ArrayBuffer>
}

export namespace Hello {
  let _codec: Codec<Hello>

  export const codec = (): Codec<Hello> => {
    if (_codec == null) {
      _codec = message<Hello>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.party != null && obj.party.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.party)
        }

        if (obj.known != null && obj.known.length > 0) {
          for (const value of obj.known) {
            w.uint32(18)
            w.bytes(value)
          }
        }

        if ((obj.size != null && obj.size !== 0)) {
          w.uint32(24)
          w.uint32(obj.size)
        }

        if (obj.proof != null && obj.proof.length > 0) {
          for (const value of obj.proof) {
            w.uint32(34)
            LogOp.codec().encode(value, w)
          }
        }

        if ((obj.profiles != null && obj.profiles.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.profiles)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          party: uint8ArrayAlloc(0),
          known: [],
          size: 0,
          proof: [],
          profiles: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.party = reader.bytes()
              break
            }
            case 2: {
              if (opts.limits?.known != null && obj.known.length === opts.limits.known) {
                throw new MaxLengthError('Decode error - repeated field "known" had too many elements')
              }

              obj.known.push(reader.bytes())
              break
            }
            case 3: {
              obj.size = reader.uint32()
              break
            }
            case 4: {
              if (opts.limits?.proof != null && obj.proof.length === opts.limits.proof) {
                throw new MaxLengthError('Decode error - repeated field "proof" had too many elements')
              }

              obj.proof.push(LogOp.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.proof$
              }))
              break
            }
            case 5: {
              obj.profiles = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          known: 0,
          proof: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.party`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              if (opts.limits?.known != null && obj.known === opts.limits.known) {
                throw new MaxLengthError('Streaming decode error - repeated field "known" had too many elements')
              }

              yield {
                field: `${prefix}.known[]`,
                index: obj.known,
                value: reader.bytes()
              }

              obj.known++

              break
            }
            case 3: {
              yield {
                field: `${prefix}.size`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              if (opts.limits?.proof != null && obj.proof === opts.limits.proof) {
                throw new MaxLengthError('Streaming decode error - repeated field "proof" had too many elements')
              }

              for (const evt of LogOp.codec().stream(reader, reader.uint32(), `${prefix}.proof[]`, {
                limits: opts.limits?.proof$
              })) {
                yield {
                  ...evt,
                  index: obj.proof
                }
              }

              obj.proof++

              break
            }
            case 5: {
              yield {
                field: `${prefix}.profiles`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface HelloPartyFieldEvent {
    field: '$.party'
    value: Uint8Array<ArrayBuffer>
  }

  export interface HelloKnownFieldEvent {
    field: '$.known[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface HelloSizeFieldEvent {
    field: '$.size'
    value: number
  }

  export interface HelloProofBodyFieldEvent {
    field: '$.proof[].body'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface HelloProofSigFieldEvent {
    field: '$.proof[].sig'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface HelloProfilesFieldEvent {
    field: '$.profiles'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Hello>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Hello.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hello>): Hello {
    return decodeMessage(buf, Hello.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hello>): Generator<HelloPartyFieldEvent | HelloKnownFieldEvent | HelloSizeFieldEvent | HelloProofBodyFieldEvent | HelloProofSigFieldEvent | HelloProfilesFieldEvent> {
    return streamMessage(buf, Hello.codec(), opts)
  }
}

export interface Ops {
  ops: LogOp[]
  last: boolean
}

export namespace Ops {
  let _codec: Codec<Ops>

  export const codec = (): Codec<Ops> => {
    if (_codec == null) {
      _codec = message<Ops>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.ops != null && obj.ops.length > 0) {
          for (const value of obj.ops) {
            w.uint32(10)
            LogOp.codec().encode(value, w)
          }
        }

        if ((obj.last != null && obj.last !== false)) {
          w.uint32(16)
          w.bool(obj.last)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          ops: [],
          last: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.ops != null && obj.ops.length === opts.limits.ops) {
                throw new MaxLengthError('Decode error - repeated field "ops" had too many elements')
              }

              obj.ops.push(LogOp.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.ops$
              }))
              break
            }
            case 2: {
              obj.last = reader.bool()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          ops: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.ops != null && obj.ops === opts.limits.ops) {
                throw new MaxLengthError('Streaming decode error - repeated field "ops" had too many elements')
              }

              for (const evt of LogOp.codec().stream(reader, reader.uint32(), `${prefix}.ops[]`, {
                limits: opts.limits?.ops$
              })) {
                yield {
                  ...evt,
                  index: obj.ops
                }
              }

              obj.ops++

              break
            }
            case 2: {
              yield {
                field: `${prefix}.last`,
                value: reader.bool()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface OpsOpsBodyFieldEvent {
    field: '$.ops[].body'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface OpsOpsSigFieldEvent {
    field: '$.ops[].sig'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface OpsLastFieldEvent {
    field: '$.last'
    value: boolean
  }

  export function encode (obj: Partial<Ops>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Ops.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ops>): Ops {
    return decodeMessage(buf, Ops.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ops>): Generator<OpsOpsBodyFieldEvent | OpsOpsSigFieldEvent | OpsLastFieldEvent> {
    return streamMessage(buf, Ops.codec(), opts)
  }
}

export interface LogOp {
  body: Uint8Array<ArrayBuffer>
  sig: Uint8Array<ArrayBuffer>
}

export namespace LogOp {
  let _codec: Codec<LogOp>

  export const codec = (): Codec<LogOp> => {
    if (_codec == null) {
      _codec = message<LogOp>((obj, w, opts = {}) => {
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
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.body`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.sig`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface LogOpBodyFieldEvent {
    field: '$.body'
    value: Uint8Array<ArrayBuffer>
  }

  export interface LogOpSigFieldEvent {
    field: '$.sig'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<LogOp>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, LogOp.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LogOp>): LogOp {
    return decodeMessage(buf, LogOp.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LogOp>): Generator<LogOpBodyFieldEvent | LogOpSigFieldEvent> {
    return streamMessage(buf, LogOp.codec(), opts)
  }
}
