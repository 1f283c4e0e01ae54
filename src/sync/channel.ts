/** Frames on a stream: length-prefixed, each of at most 64 KiB. */
import { lpStream } from '@libp2p/utils'
import { decodeLength } from '../codec/index.js'
import { MAX_FRAME, MAX_UNREAD } from './constants.js'
import { decodeFrame, encodeFrame } from './frames.js'
import type { Frame } from './frames.js'
import type { AbortOptions, Stream } from '@libp2p/interface'

export interface Channel {
  /** @returns undefined: the other side has closed. @throws {ProtocolError} */
  read (options: AbortOptions): Promise<Frame | undefined>
  write (frame: Frame, options: AbortOptions): Promise<void>
}

export function channelOf (stream: Stream): Channel {
  const frames = lpStream(stream, { maxDataLength: MAX_FRAME, maxBufferSize: MAX_UNREAD, lengthDecoder: decodeLength })

  return {
    async read (options) {
      try {
        return decodeFrame(await frames.read(options))
      } catch (err) {
        if ((err as Error).name === 'UnexpectedEOFError') {
          return undefined
        }

        throw err
      }
    },
    write: async (frame, options) => frames.write(encodeFrame(frame), options)
  }
}
