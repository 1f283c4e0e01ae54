/** The frames of the asking protocol (docs/keys.md, "Asking"): lengths and limits are checked here, for both sides. Decoding is total. */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { ProtocolError } from '../../errors.js'
import { ID_LENGTH, MAX_ASKED, PIECE } from './constants.js'
import { KeysFrame } from './pb/message.js'
import type { AnyBytes } from '../../codec/index.js'
import type { OpId } from '../../log/index.js'
import type { EpochSecret } from '../derive.js'

/** The codes of a Refusal; they are never given another meaning. */
export const KeysRefusalCode = {
  /** The opener is no member, or there is no such party: the same word for both. */
  UNKNOWN: 1,
  /** It asked for too much: it may come again in a minute. */
  BUSY: 2,
  /** A frame that has no place here. */
  PROTOCOL: 3
} as const

export interface SecretsAsk {
  kind: 'secrets'
  party: Uint8Array
  rekeys: OpId[]
}

export interface PieceAsk {
  kind: 'piece'
  party: Uint8Array
  /** The wrap set's hash, hex. */
  wraps: string
  from: number
  length: number
}

export type Ask = SecretsAsk | PieceAsk

export type Answer =
  | { kind: 'secrets', secrets: EpochSecret[] }
  /** `size` 0: it is not here. */
  | { kind: 'piece', size: number, bytes: Uint8Array }
  | { kind: 'refusal', code: number }

const NOTHING = new Uint8Array()

// protons wants bytes on a buffer of their own
const encode = KeysFrame.encode as (frame: AnyBytes<Partial<KeysFrame>>) => Uint8Array

export function encodeAsk (ask: Ask): Uint8Array {
  return ask.kind === 'secrets'
    ? encode({ ask: { party: ask.party, rekeys: ask.rekeys.map(rekey => hexToBytes(rekey)), wraps: NOTHING, from: 0, length: 0 } })
    : encode({ ask: { party: ask.party, rekeys: [], wraps: hexToBytes(ask.wraps), from: ask.from, length: ask.length } })
}

export function encodeAnswer (answer: Answer): Uint8Array {
  switch (answer.kind) {
    case 'secrets': return encode({ secrets: { secrets: answer.secrets.map(({ rekey, secret }) => ({ rekey: hexToBytes(rekey), secret })) } })
    case 'piece': return encode({ piece: { size: answer.size, bytes: answer.bytes } })
    case 'refusal': return encode({ refusal: { code: answer.code } })
    default: return unknownFrame(answer)
  }
}

/** @throws {ProtocolError} */
export function decodeAsk (bytes: Uint8Array): Ask {
  const { ask } = decode(bytes)

  if (ask?.party.length !== ID_LENGTH) {
    throw misplaced()
  }

  const { party, rekeys, wraps, from, length } = ask

  if (rekeys.length > 0 && wraps.length === 0 && rekeys.every(isId)) {
    return { kind: 'secrets', party, rekeys: rekeys.map(rekey => bytesToHex(rekey)) }
  }

  if (rekeys.length === 0 && isId(wraps) && length > 0 && length <= PIECE) {
    return { kind: 'piece', party, wraps: bytesToHex(wraps), from, length }
  }

  throw misplaced()
}

/** @throws {ProtocolError} */
export function decodeAnswer (bytes: Uint8Array): Answer {
  const { secrets, piece, refusal } = decode(bytes)

  if (secrets?.secrets.every(({ rekey, secret }) => isId(rekey) && isId(secret)) === true) {
    return { kind: 'secrets', secrets: secrets.secrets.map(({ rekey, secret }) => ({ rekey: bytesToHex(rekey), secret })) }
  }

  if (piece != null && piece.bytes.length <= PIECE) {
    return { kind: 'piece', size: piece.size, bytes: piece.bytes }
  }

  if (refusal != null) {
    return { kind: 'refusal', code: refusal.code }
  }

  throw misplaced()
}

function decode (bytes: Uint8Array): KeysFrame {
  try {
    return KeysFrame.decode(bytes, { limits: { ask: { rekeys: MAX_ASKED }, secrets: { secrets: MAX_ASKED } } })
  } catch (err) {
    throw new ProtocolError('A frame of the asking protocol is damaged', { cause: err })
  }
}

function isId ({ length }: Uint8Array): boolean {
  return length === ID_LENGTH
}

function misplaced (): ProtocolError {
  return new ProtocolError('A frame of the asking protocol is none, or has no place here; check that both run a current plus-one')
}

function unknownFrame (frame: never): never {
  throw new RangeError(`No frame is called ${JSON.stringify(frame)}`)
}
