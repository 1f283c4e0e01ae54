/** The frames of the recovery protocol (docs/persons.md, "Recovering"): lengths and limits are checked here, for both sides. Decoding is total. */
import { ProtocolError } from '../../errors.js'
import { KEY_LENGTH, MAX_GENESIS, MAX_SEATS, NONCE_LENGTH, SIGNATURE_LENGTH } from './constants.js'
import { RecoverFrame } from './pb/message.js'
import type { AnyBytes } from '../../codec/index.js'
import type { SignedOp } from '../../log/index.js'

/** The codes of a Refusal; they are never given another meaning. */
export const RecoverRefusalCode = {
  /** The proof does not hold, or its key has no seat here: the same word for both. */
  NOTHING: 1,
  /** Too many ask, or one asks too often: it may come again in a minute. */
  BUSY: 2,
  /** A frame that has no place here. */
  PROTOCOL: 3
} as const

/** A party in which the recovery key has a seat. */
export interface Seat {
  genesis: SignedOp
  /** The person left it: maybe by a key that was stolen. */
  left: boolean
}

export type Frame =
  | { kind: 'challenge', nonce: Uint8Array }
  | { kind: 'proof', key: Uint8Array, signature: Uint8Array }
  | { kind: 'seats', seats: Seat[], last: boolean }
  | { kind: 'refusal', code: number }

export function encodeFrame (frame: Frame): Uint8Array {
  // protons wants bytes on a buffer of their own
  const encode = RecoverFrame.encode as (frame: AnyBytes<Partial<RecoverFrame>>) => Uint8Array

  switch (frame.kind) {
    case 'challenge': return encode({ challenge: { nonce: frame.nonce } })
    case 'proof': return encode({ proof: { key: frame.key, signature: frame.signature } })
    case 'seats': return encode({ seats: { seats: frame.seats.map(({ genesis: { body, sig }, left }) => ({ body, sig, left })), last: frame.last } })
    case 'refusal': return encode({ refusal: { code: frame.code } })
    default: return unknownFrame(frame)
  }
}

/** @throws {ProtocolError} */
export function decodeFrame (bytes: Uint8Array): Frame {
  const frame = read(bytes)

  if (frame == null || !isWithin(frame)) {
    throw new ProtocolError('A frame of the recovery protocol is none, or longer than it may be; check that both run a current plus-one')
  }

  return frame
}

function read (bytes: Uint8Array): Frame | undefined {
  try {
    const { challenge, proof, seats, refusal } = RecoverFrame.decode(bytes, { limits: { seats: { seats: MAX_SEATS } } })

    if (challenge != null) {
      return { kind: 'challenge', nonce: challenge.nonce }
    }

    if (proof != null) {
      return { kind: 'proof', key: proof.key, signature: proof.signature }
    }

    if (seats != null) {
      return { kind: 'seats', seats: seats.seats.map(({ body, sig, left }) => ({ genesis: { body, sig }, left })), last: seats.last }
    }

    return refusal == null ? undefined : { kind: 'refusal', code: refusal.code }
  } catch (err) {
    throw new ProtocolError('A frame of the recovery protocol is damaged', { cause: err })
  }
}

function isWithin (frame: Frame): boolean {
  switch (frame.kind) {
    case 'challenge': return frame.nonce.length === NONCE_LENGTH
    case 'proof': return frame.key.length === KEY_LENGTH && frame.signature.length === SIGNATURE_LENGTH
    case 'seats': return frame.seats.every(({ genesis: { body, sig } }) => body.length > 0 && body.length <= MAX_GENESIS && sig.length === SIGNATURE_LENGTH)
    case 'refusal': return true
    default: return unknownFrame(frame)
  }
}

function unknownFrame (frame: never): never {
  throw new RangeError(`No frame is called ${JSON.stringify(frame)}`)
}
