/** Streams of shared documents (docs/documents.md, "On the wire"), by the page alone: pieces, greetings, messages. */
import { concat, must, Reader, unhex } from './bytes.js'

export interface Frame {
  from: string
  frame: string
}

const length = (reader: Reader): number => Number(reader.varint())

/** What a stream carries: messages as they were sent together, first the listener's, then the teller's. */
export function messagesOf (frames: readonly Frame[]): Uint8Array[][] {
  const sent: Uint8Array[][] = []
  let pieces: Uint8Array[] = []
  let coming: number | undefined
  let isOpen = false

  for (const { from, frame } of frames) {
    const reader = new Reader(unhex(frame))
    const bytes = reader.take(length(reader))
    const [kind, body] = [bytes[0], bytes.slice(1)]
    must(reader.left === 0, 'one frame')
    must((from === 'listener') === (isOpen ? sent.length > 0 : sent.length === 0), 'the listener greets, then the other tells; each piece is answered before the next')

    if (isOpen) {
      must(kind === 2 && body.length === 0, 'an answer')
      isOpen = false

      if (pieces.at(-1)?.[0] === 0) {
        const all = concat(...pieces.map(piece => piece.slice(1)))
        must(all.length > 64 * 1024 ? coming === all.length : coming == null, 'how much comes, where it is much')
        sent.push(separate(all))
        pieces = []
        coming = undefined
      }
    } else if (kind === 3) {
      must(coming == null && pieces.length === 0 && body.length === 4, 'a length in front of all pieces')
      coming = number(body)
    } else {
      must((kind === 0 || kind === 1) && body.length <= 256 * 1024, 'a piece')
      pieces.push(bytes)
      isOpen = true
    }
  }

  return sent
}

const number = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => 256 * sum + byte, 0)

/** Each message stands behind its length. */
function separate (all: Uint8Array): Uint8Array[] {
  const [reader, messages] = [new Reader(all), [] as Uint8Array[]]

  while (reader.left > 0) {
    messages.push(reader.take(number(reader.take(4))))
  }

  return messages
}

/** The first messages: a document's name and a state vector, or a repository's name and its metadata. */
export function readGreeting ([name, rest, ...more]: Uint8Array[] = []): { name: string, rest: Uint8Array } {
  must(name != null && rest != null && more.length === 0 && name.length >= 1 && name.length <= 255, 'a name, and one message more')

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
