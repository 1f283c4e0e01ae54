/** Streams of shared documents (docs/wire.md, "Shared documents"), by the page alone: pieces, greetings, messages. */
import { concat, must, Reader, unhex } from './bytes.js'

export interface Frame {
  from: string
  frame: string
}

const length = (reader: Reader): number => Number(reader.varint())

/** What a stream carries: the listener's name and greeting, and then messages of the teller, as they went together. */
export function togetherOf (frames: readonly Frame[]): Uint8Array[][] {
  const all: Uint8Array[][] = []
  let pieces: Uint8Array[] = []
  let coming: number | undefined
  let isAnswer = false

  for (const { from, frame } of frames) {
    const reader = new Reader(unhex(frame))
    const bytes = reader.take(length(reader))
    must(reader.left === 0, 'one frame')
    must((from === 'listener') === (all.length === 0 ? !isAnswer : isAnswer), 'the listener greets, then the other tells')

    if (isAnswer) {
      must(bytes.length === 1 && bytes[0] === 2, 'each piece is answered before the next')
      isAnswer = false

      if (pieces.at(-1)?.[0] === 0) {
        const bytes = concat(...pieces.map(piece => piece.slice(1)))
        must(bytes.length > 64 * 1024 ? coming === bytes.length : coming == null, 'as much as was told ahead, where it is much')
        all.push(messagesIn(bytes))
        pieces = []
        coming = undefined
      }
    } else if (bytes[0] === 3) {
      must(bytes.length === 5 && pieces.length === 0 && coming == null, 'how much is coming')
      coming = lengthIn(new Reader(bytes.slice(1)))
    } else {
      must(bytes.length >= 1 && bytes.length <= 256 * 1024 + 1 && (bytes[0] === 0 || bytes[0] === 1), 'a piece')
      pieces.push(bytes)
      isAnswer = true
    }
  }

  return all
}

function messagesIn (bytes: Uint8Array): Uint8Array[] {
  const reader = new Reader(bytes)
  const messages: Uint8Array[] = []
  while (reader.left > 0) messages.push(reader.take(lengthIn(reader)))

  return messages
}

/** 4 bytes, big-endian. */
function lengthIn (reader: Reader): number {
  return reader.take(4).reduce((sum, byte) => 256 * sum + byte, 0)
}

/** The first messages. */
export function readGreeting ([name, rest, ...more]: Uint8Array[]): { name: string, rest: Uint8Array } {
  must(name != null && name.length > 0 && name.length <= 255 && rest != null && more.length === 0, 'a name, and what the library says')

  return { name: new TextDecoder('utf-8', { fatal: true }).decode(name), rest }
}

export type YjsMessage = { is: 'update' | 'awareness', body: Uint8Array } | undefined

/** Unknown ones are nothing. */
export function readYjs (message: Uint8Array): YjsMessage {
  const is = ({ 0: 'update', 1: 'awareness' } as const)[message[0] ?? 2]

  return is == null ? undefined : { is, body: message.slice(1) }
}

/** y-protocols' awareness: how many, then for each its client, its clock and its state as JSON. */
export function readAwareness (body: Uint8Array): Array<{ client: number, clock: number, state: unknown }> {
  const reader = new Reader(body)

  return Array.from({ length: length(reader) }, () => ({ client: length(reader), clock: length(reader), state: JSON.parse(new TextDecoder().decode(reader.take(length(reader)))) as unknown }))
}

/** CBOR as automerge-repo writes it, which is not strict: lengths may be longer than they need be. */
export function readCbor (bytes: Uint8Array): unknown {
  const reader = new Reader(bytes)
  const value = item(reader)
  must(reader.left === 0, 'one item')

  return value
}

function item (reader: Reader): unknown {
  const head = reader.byte()
  const [major, low] = [head >> 5, head & 31]
  const number = low < 24 ? low : reader.take(2 ** (low - 24)).reduce((sum, byte) => 256 * sum + byte, 0)

  switch (major) {
    case 0: return number
    case 1: return -1 - number
    case 2: return reader.take(number)
    case 3: return new TextDecoder('utf-8', { fatal: true }).decode(reader.take(number))
    case 4: return Array.from({ length: number }, () => item(reader))
    case 5: return Object.fromEntries(Array.from({ length: number }, () => [item(reader), item(reader)]))
    default:
      must(major === 7 && low >= 20 && low <= 23, 'a simple value')
      return [false, true, null, undefined][low - 20]
  }
}
