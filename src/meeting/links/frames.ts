/** The frames of the meeting protocol (docs/meeting.md, "Asking"): lengths and limits are checked here, for both sides. */
import { ProtocolError } from '../../errors.js'
import { NAME_LENGTH } from '../constants.js'
import { MAX_GIVEN, MAX_RECORD } from './constants.js'
import { MeetFrame } from './pb/message.js'
import type { Uint8ArrayList } from 'uint8arraylist'

/** How much the opener wants a link. */
export const Wanted = { NONE: 0, LINK: 1, ALONE: 2 } as const

export type Wanted = typeof Wanted[keyof typeof Wanted]

/** The codes of a Refusal; they are never given another meaning. */
export const MeetRefusalCode = {
  /** The opener is no member, or there is no such party: the same word for both. */
  UNKNOWN: 1,
  /** It asked too often: it may come again in a minute. */
  BUSY: 2,
  /** A frame that has no place here. */
  PROTOCOL: 3
} as const

export interface Ask {
  party: Uint8Array
  /** Empty: it can be dialled nowhere. */
  record: Uint8Array
  link: number
  /** How many it takes. */
  records: number
}

export interface Answer {
  linked: boolean
  record: Uint8Array
  records: Uint8Array[]
}

export type Frame =
  | { kind: 'ask', ask: Ask }
  | { kind: 'answer', answer: Answer }
  | { kind: 'refusal', code: number }

export function encodeFrame (frame: Frame): Uint8Array {
  switch (frame.kind) {
    case 'ask': return MeetFrame.encode({ ask: { ...frame.ask, party: own(frame.ask.party), record: own(frame.ask.record) } })
    case 'answer': return MeetFrame.encode({ answer: { ...frame.answer, record: own(frame.answer.record), records: frame.answer.records.map(own) } })
    case 'refusal': return MeetFrame.encode({ refusal: { code: frame.code } })
    default: return unknownFrame(frame)
  }
}

/** @throws {ProtocolError} */
export function decodeFrame (bytes: Uint8Array | Uint8ArrayList): Frame {
  const frame = read(bytes)

  if (frame != null && (frame.kind !== 'ask' || (frame.ask.party.length === NAME_LENGTH && frame.ask.record.length <= MAX_RECORD))) {
    if (frame.kind !== 'answer' || [frame.answer.record, ...frame.answer.records].every(({ length }) => length <= MAX_RECORD)) {
      return frame
    }
  }

  throw new ProtocolError('A frame of the meeting protocol is none, or longer than it may be')
}

function read (bytes: Uint8Array | Uint8ArrayList): Frame | undefined {
  try {
    const { ask, answer, refusal } = MeetFrame.decode(bytes, { limits: { answer: { records: MAX_GIVEN } } })

    if (ask != null) {
      return { kind: 'ask', ask }
    }

    if (answer != null) {
      return { kind: 'answer', answer }
    }

    return refusal == null ? undefined : { kind: 'refusal', code: refusal.code }
  } catch (err) {
    throw new ProtocolError('A frame of the meeting protocol is damaged', { cause: err })
  }
}

/** As protons wants them: on a buffer that is nobody else's type. */
function own (bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>
}

function unknownFrame (frame: never): never {
  throw new RangeError(`No frame is called ${JSON.stringify(frame)}`)
}
