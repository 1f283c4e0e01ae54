/**
 * The frames of the exchange as typed values: lengths and limits are checked here,
 * once, for both sides. Decoding is total: whatever comes, it gives a frame or
 * throws a ProtocolError.
 */
import { MAX_CODE_TEXT } from '../../codec/index.js'
import { TAG_LENGTH } from '../../cpace/index.js'
import { ProtocolError } from '../../errors.js'
import { NONCE_LENGTH, SHARE_LENGTH } from '../../pake/constants.js'
import { MAX_NAMEPLATE } from './constants.js'
import { Answer, Code, Frame, FrameType, Hello, Offer, Refusal } from './pb/message.js'
import type { AnyBytes } from '../../codec/index.js'

export interface Bodies {
  HELLO: Hello
  OFFER: Offer
  ANSWER: Answer
  CODE: Code
  REFUSAL: Refusal
}

export type FrameName = keyof Bodies

export type DecodedFrame = { [K in FrameName]: { type: K, body: Bodies[K] } }[FrameName]

const codecs = { HELLO: Hello, OFFER: Offer, ANSWER: Answer, CODE: Code, REFUSAL: Refusal }

const checks: { [K in FrameName]: (body: Bodies[K]) => boolean } = {
  HELLO: ({ nameplate, nonce }) => nonce.length === NONCE_LENGTH && nameplate.length <= MAX_NAMEPLATE,
  OFFER: ({ nonce, share }) => nonce.length === NONCE_LENGTH && share.length === SHARE_LENGTH,
  ANSWER: ({ share, tag }) => share.length === SHARE_LENGTH && tag.length === TAG_LENGTH,
  CODE: ({ tag, code }) => tag.length === TAG_LENGTH && code.length <= MAX_CODE_TEXT,
  REFUSAL: () => true
}

function isType (type: string): type is FrameName {
  return type in codecs
}

/**
 * Reads one frame.
 *
 * @throws {ProtocolError} Truncated, of an unknown type, or of wrong lengths.
 */
export function decodeFrame (bytes: Uint8Array): DecodedFrame {
  try {
    const { type, body } = Frame.decode(bytes)

    if (isType(type)) {
      const decoded = codecs[type].decode(body)
      const check = checks[type] as (body: unknown) => boolean

      if (check(decoded)) {
        return { type, body: decoded } as DecodedFrame
      }
    }
  } catch (err) {
    throw new ProtocolError(undefined, { cause: err })
  }

  throw new ProtocolError('The other side sent a bad frame; check that both run a current plus-one')
}

/** One frame's bytes, without the length prefix. */
export function encodeFrame <K extends FrameName> (type: K, body: Partial<AnyBytes<Bodies[K]>>): Uint8Array {
  const encode = codecs[type].encode

  return Frame.encode({ type: FrameType[type], body: encode(body) })
}
