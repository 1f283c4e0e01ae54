/**
 * Messages of any length on a guarded stream: as many as wait go together, in pieces of which one is on its way at a time, so that neither end
 * holds more than that for the other.
 */
import { LimitedConnectionError } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { ProtocolError } from '../errors.js'
import type { AbortOptions, Stream } from '@libp2p/interface'

/** Bytes of a piece: far below the 4 MiB that a stream buffers, and enough to fill a connection of 20 Mbit/s at 100 ms. */
export const PIECE = 256 * 1024

/** In front of a piece, and what it is answered by. */
const LAST = 0
const MORE = 1
const TAKEN = Uint8Array.of(2)

/** In front of the first piece of more than this, bytes: how much it is. A relay's limited connection has 128 KiB. */
const COMING = 3
const MUCH = 64 * 1024

/** Bytes of the length in front of a message, big-endian. */
const LENGTH = 4

export interface Messages {
  /** Resolves when the other end has all of them. */
  send (messages: Uint8Array[], options?: AbortOptions): Promise<void>
  /**
   * What the other end sent together.
   *
   * @param most - Bytes that it may say; looked at with each piece
   * @throws {ProtocolError} It says more, or something else.
   * @throws `LimitedConnectionError` of libp2p: it ended before all of it was here.
   */
  receive (most: () => number, options?: AbortOptions): Promise<Uint8Array[]>
}

export function messagesOf (stream: Stream): Messages {
  const frames = lpStream(stream, { maxDataLength: PIECE + 1 })

  return {
    async send (messages, options) {
      const all = joined(messages.flatMap(message => [lengthOf(message), message]))

      if (all.length > MUCH) {
        await frames.write(joined([Uint8Array.of(COMING), lengthOf(all)]), options)
      }

      // of no message a piece, too: the other end waits for one
      for (let at = 0; at === 0 || at < all.length; at += PIECE) {
        await frames.write(joined([Uint8Array.of(at + PIECE < all.length ? MORE : LAST), all.subarray(at, at + PIECE)]), options)
        const answer = (await frames.read(options)).subarray()

        if (answer.length !== 1 || answer[0] !== TAKEN[0]) {
          throw new ProtocolError('A piece of a message was answered by something else')
        }
      }
    },

    async receive (most, options) {
      const pieces: Uint8Array[] = []
      let [length, isComing] = [0, false]

      for (;;) {
        const piece = (await frames.read(options).catch((err: Error) => {
          throw isComing ? Object.assign(new LimitedConnectionError('The connection ended before all of a message was through: over a relay, one of more than 100 kB waits for a direct connection'), { cause: err }) : err
        })).subarray()
        const isAhead = !isComing && pieces.length === 0 && piece[0] === COMING && piece.length === 1 + LENGTH
        isComing ||= isAhead

        if (isAhead ? coming(piece) > most() : (piece[0] !== LAST && piece[0] !== MORE) || (length += piece.length - 1) > most()) {
          throw new ProtocolError('The other side sends more than it may, or no piece of a message')
        }

        if (!isAhead) {
          pieces.push(piece.subarray(1))
          await frames.write(TAKEN, options)
        }

        if (piece[0] === LAST) {
          return [...messagesIn(joined(pieces))]
        }
      }
    }
  }
}

function coming (piece: Uint8Array): number {
  return new DataView(piece.buffer, piece.byteOffset).getUint32(1)
}

function * messagesIn (all: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(all.buffer, all.byteOffset, all.length)

  for (let at = 0; at < all.length;) {
    const end = all.length - at < LENGTH ? Infinity : at + LENGTH + view.getUint32(at)

    if (end > all.length) {
      throw new ProtocolError('The other side sends a message that breaks off')
    }

    yield all.subarray(at + LENGTH, end)
    at = end
  }
}

function lengthOf ({ length }: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(LENGTH)
  new DataView(bytes.buffer).setUint32(0, length)

  return bytes
}

function joined (parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0

  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }

  return all
}

/** Aborts with the stream; and the stream with it. */
export function lifeOf (stream: Stream): AbortController {
  const life = new AbortController()
  stream.addEventListener('close', () => { life.abort() }, { once: true })
  life.signal.addEventListener('abort', () => { stream.abort(new Error('It is served no more')) }, { once: true })

  return life
}
