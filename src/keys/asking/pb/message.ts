import { decodeMessage, encodeMessage, MaxLengthError, message } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface KeysFrame {
  ask?: Ask
  secrets?: Secrets
  piece?: Piece
  refusal?: Refusal
}

export namespace KeysFrame {
  let _codec: Codec<KeysFrame>

  export const codec = (): Codec<KeysFrame> => {
    if (_codec == null) {
      _codec = message<KeysFrame>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.ask != null) {
          w.uint32(10)
          Ask.codec().encode(obj.ask, w)
        }

        if (obj.secrets != null) {
          w.uint32(18)
          Secrets.codec().encode(obj.secrets, w)
        }

        if (obj.piece != null) {
          w.uint32(26)
          Piece.codec().encode(obj.piece, w)
        }

        if (obj.refusal != null) {
          w.uint32(34)
          Refusal.codec().encode(obj.refusal, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.ask = Ask.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.ask
              })
              break
            }
            case 2: {
              obj.secrets = Secrets.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.secrets
              })
              break
            }
            case 3: {
              obj.piece = Piece.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.piece
              })
              break
            }
            case 4: {
              obj.refusal = Refusal.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.refusal
              })
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

  export function encode (obj: Partial<KeysFrame>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, KeysFrame.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KeysFrame>): KeysFrame {
    return decodeMessage(buf, KeysFrame.codec(), opts)
  }
}

export interface Ask {
  party: Uint8Array<ArrayBuffer>
  rekeys: Uint8Array<ArrayBuffer>[]
  wraps: Uint8Array<ArrayBuffer>
  from: number
  length: number
}

export namespace Ask {
  let _codec: Codec<Ask>

  export const codec = (): Codec<Ask> => {
    if (_codec == null) {
      _codec = message<Ask>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.party != null && obj.party.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.party)
        }

        if (obj.rekeys != null && obj.rekeys.length > 0) {
          for (const value of obj.rekeys) {
            w.uint32(18)
            w.bytes(value)
          }
        }

        if ((obj.wraps != null && obj.wraps.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.wraps)
        }

        if ((obj.from != null && obj.from !== 0)) {
          w.uint32(32)
          w.uint32(obj.from)
        }

        if ((obj.length != null && obj.length !== 0)) {
          w.uint32(40)
          w.uint32(obj.length)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          party: uint8ArrayAlloc(0),
          rekeys: [],
          wraps: uint8ArrayAlloc(0),
          from: 0,
          length: 0
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
              if (opts.limits?.rekeys != null && obj.rekeys.length === opts.limits.rekeys) {
                throw new MaxLengthError('Decode error - repeated field "rekeys" had too many elements')
              }

              obj.rekeys.push(reader.bytes())
              break
            }
            case 3: {
              obj.wraps = reader.bytes()
              break
            }
            case 4: {
              obj.from = reader.uint32()
              break
            }
            case 5: {
              obj.length = reader.uint32()
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

export interface Secrets {
  secrets: Secret[]
}

export namespace Secrets {
  let _codec: Codec<Secrets>

  export const codec = (): Codec<Secrets> => {
    if (_codec == null) {
      _codec = message<Secrets>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.secrets != null && obj.secrets.length > 0) {
          for (const value of obj.secrets) {
            w.uint32(10)
            Secret.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          secrets: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.secrets != null && obj.secrets.length === opts.limits.secrets) {
                throw new MaxLengthError('Decode error - repeated field "secrets" had too many elements')
              }

              obj.secrets.push(Secret.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.secrets$
              }))
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

export interface Secret {
  rekey: Uint8Array<ArrayBuffer>
  secret: Uint8Array<ArrayBuffer>
}

export namespace Secret {
  let _codec: Codec<Secret>

  export const codec = (): Codec<Secret> => {
    if (_codec == null) {
      _codec = message<Secret>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.rekey != null && obj.rekey.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.rekey)
        }

        if ((obj.secret != null && obj.secret.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.secret)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          rekey: uint8ArrayAlloc(0),
          secret: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.rekey = reader.bytes()
              break
            }
            case 2: {
              obj.secret = reader.bytes()
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

export interface Piece {
  size: number
  bytes: Uint8Array<ArrayBuffer>
}

export namespace Piece {
  let _codec: Codec<Piece>

  export const codec = (): Codec<Piece> => {
    if (_codec == null) {
      _codec = message<Piece>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.size != null && obj.size !== 0)) {
          w.uint32(8)
          w.uint32(obj.size)
        }

        if ((obj.bytes != null && obj.bytes.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.bytes)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          size: 0,
          bytes: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.size = reader.uint32()
              break
            }
            case 2: {
              obj.bytes = reader.bytes()
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

export interface Refusal {
  code: number
}

export namespace Refusal {
  let _codec: Codec<Refusal>

  export const codec = (): Codec<Refusal> => {
    if (_codec == null) {
      _codec = message<Refusal>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.code != null && obj.code !== 0)) {
          w.uint32(8)
          w.uint32(obj.code)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          code: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.code = reader.uint32()
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
