/** Messages of any length on a guarded stream, in pieces of which one is on its way at a time: neither end holds more than that for the other. */
import { lpStream } from '@libp2p/utils'
import { ProtocolError } from '../errors.js'
import type { AbortOptions, Stream } from '@libp2p/interface'

/** Bytes of a piece: far below the 4 MiB that a stream buffers, and enough to fill a connection of 20 Mbit/s at 100 ms. */
export const PIECE = 256 * 1024

/** In front of a piece, and what it is answered by. */
const LAST = 0
const MORE = 1
const TAKEN = Uint8Array.of(2)

export interface Messages {
  /** Resolves when the other end has all of it. */
  send (message: Uint8Array, options?: AbortOptions): Promise<void>
  /**
   * @param most - Bytes that the other end may say; looked at with each piece
   * @throws {ProtocolError} It says more, or something else.
   */
  receive (most: () => number, options?: AbortOptions): Promise<Uint8Array>
}

export function messagesOf (stream: Stream): Messages {
  const frames = lpStream(stream, { maxDataLength: PIECE + 1 })

  return {
    async send (message, options) {
      for (let at = 0; at === 0 || at < message.length; at += PIECE) {
        const piece = message.subarray(at, at + PIECE)
        const framed = new Uint8Array(piece.length + 1)
        framed[0] = at + PIECE < message.length ? MORE : LAST
        framed.set(piece, 1)
        await frames.write(framed, options)
        const answer = (await frames.read(options)).subarray()

        if (answer.length !== 1 || answer[0] !== TAKEN[0]) {
          throw new ProtocolError('A piece of a message was answered by something else')
        }
      }
    },

    async receive (most, options) {
      const pieces: Uint8Array[] = []
      let length = 0

      for (;;) {
        const piece = (await frames.read(options)).subarray()
        length += piece.length - 1
        pieces.push(piece.subarray(1))

        if ((piece[0] !== LAST && piece[0] !== MORE) || length > most()) {
          throw new ProtocolError('The other side sends more than it may, or no piece of a message')
        }

        await frames.write(TAKEN, options)

        if (piece[0] === LAST) {
          return joined(pieces, length)
        }
      }
    }
  }
}

function joined (pieces: Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length)
  let at = 0

  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }

  return all
}
