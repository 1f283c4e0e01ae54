/** Frames of the recovery protocol on a stream: each within its time, and every loss of the stream told as StreamEnd. */
import { lpStream } from '@libp2p/utils'
import { after } from '../../clock.js'
import { decodeLength } from '../../codec/index.js'
import { ProtocolError } from '../../errors.js'
import { StreamEnd } from '../../pake/machine.js'
import { MAX_FRAME, STEP_TIMEOUT } from './constants.js'
import type { Clock } from '../../clock.js'
import type { Stream } from '@libp2p/interface'

/** What `lpStream` throws of a length that no frame may have. */
const TOO_LONG = ['InvalidDataLengthError', 'InvalidDataLengthLengthError', 'InvalidMessageLengthError']

export interface FrameChannel {
  /** @throws {StreamEnd} */
  send (frame: Uint8Array): Promise<void>
  /** @throws {StreamEnd} It was lost, or nothing came in time. @throws {ProtocolError} */
  receive (): Promise<Uint8Array>
  /** Lets what was sent reach the other side, then ends the stream, whether that side ends its half or not. */
  close (): Promise<void>
}

/** @param signal - Ends a wait, with its reason */
export function frameChannel (stream: Stream, clock: Clock, signal: AbortSignal): FrameChannel {
  const frames = lpStream(stream, { maxDataLength: MAX_FRAME, lengthDecoder: decodeLength })
  const within = async <T> (work: (options: { signal: AbortSignal }) => Promise<T>): Promise<T> => {
    const late = new AbortController()
    const callOff = after(clock, STEP_TIMEOUT, () => { late.abort(new StreamEnd()) })

    try {
      return await work({ signal: AbortSignal.any([signal, late.signal]) })
    } catch (err) {
      signal.throwIfAborted()
      throw TOO_LONG.includes((err as Error).name) ? new ProtocolError(undefined, { cause: err }) : new StreamEnd({ cause: err })
    } finally {
      callOff()
    }
  }

  return {
    send: async frame => within(async options => frames.write(frame, options)),
    receive: async () => within(async options => (await frames.read(options)).subarray()),
    close: async () => {
      const callOff = after(clock, STEP_TIMEOUT, () => { stream.abort(new StreamEnd()) })
      stream.addEventListener('close', callOff, { once: true })
      await within(async options => stream.close(options)).catch((err: Error) => { stream.abort(err) })
    }
  }
}
