/** Frames on one stream, as both sides of a handshake send them: each with a limit and within its time, and every loss of the stream told as StreamEnd. */
import { lpStream } from '@libp2p/utils'
import { decodeLength } from '../codec/index.js'
import { ProtocolError } from '../errors.js'
import { StreamEnd } from '../pake/machine.js'
import { after } from '../async/clock.js'
import type { Clock } from '../async/clock.js'
import type { Stream } from '@libp2p/interface'
import type { LengthPrefixedStream } from '@libp2p/utils'

/** How long the other side may take to end its half of a stream, ms. */
const CLOSE_TIMEOUT = 5_000

/** What `lpStream` throws of a length that no frame may have. */
const TOO_LONG = ['InvalidDataLengthError', 'InvalidDataLengthLengthError', 'InvalidMessageLengthError']

export class FrameStream {
  readonly #stream: Stream
  readonly #frames: LengthPrefixedStream<Stream>
  readonly #clock: Clock
  #next: Promise<Uint8Array> | undefined
  /** The other side has ended its half, and not only lost it. */
  #isEnded = false

  /** @param maxDataLength - Bytes of the longest frame that is read */
  constructor (stream: Stream, maxDataLength: number, clock: Clock) {
    this.#stream = stream
    this.#frames = lpStream(stream, { maxDataLength, lengthDecoder: decodeLength })
    this.#clock = clock
    stream.addEventListener('remoteCloseWrite', () => { this.#isEnded = true }, { once: true })
  }

  /**
   * @param timeout - How long what was sent may wait for the other side to read, ms
   * @throws {StreamEnd} The stream was lost, or the other side did not read.
   * @throws the signal's reason
   */
  async send (frame: Uint8Array, signal?: AbortSignal, timeout = Number.POSITIVE_INFINITY): Promise<void> {
    const late = Number.isFinite(timeout) ? new AbortController() : undefined
    const callOff = after(this.#clock, timeout, () => { late?.abort() })

    try {
      await this.#frames.write(frame, { signal: anyOf(signal, late?.signal) })
    } catch (err) {
      throw signal?.aborted === true ? signal.reason : new StreamEnd({ cause: err })
    } finally {
      callOff()
    }
  }

  /** The next frame, not taken yet: asking twice gives the same. */
  async peek (): Promise<Uint8Array> {
    if (this.#next == null) {
      this.#next = this.#read()
      this.#next.catch(() => {})
    }

    return this.#next
  }

  /**
   * Takes the next frame.
   *
   * @param timeout - ms
   * @throws {StreamEnd} The stream was lost, or nothing came in time.
   * @throws {ProtocolError} The frame is too long.
   */
  async receive (timeout: number, signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted()
    const ends = Promise.withResolvers<never>()
    const abort = (): void => { ends.reject(signal.reason) }
    const callOff = after(this.#clock, timeout, () => { ends.reject(new StreamEnd()) })
    signal.addEventListener('abort', abort, { once: true })

    try {
      const frame = await Promise.race([this.peek(), ends.promise])
      this.#next = undefined

      return frame
    } catch (err) {
      throw signal.aborted ? signal.reason : err
    } finally {
      signal.removeEventListener('abort', abort)
      callOff()
    }
  }

  /**
   * Waits until the other side ends its half, as it does once it has dealt with the last frame.
   *
   * @param timeout - ms
   * @throws {StreamEnd} The stream was lost, or the other side said something else, or nothing in time.
   * @throws the signal's reason
   */
  async ended (timeout: number, signal: AbortSignal): Promise<void> {
    const isSilent = await this.receive(timeout, signal).then(() => false, (err: unknown) => {
      signal.throwIfAborted()

      return this.#isEnded && err instanceof StreamEnd
    })

    if (!isSilent) {
      throw new StreamEnd()
    }
  }

  /** Lets what was sent reach the other side, then ends the stream, whether that side ends its half or not. @param signal - Ends it at once */
  async close (signal?: AbortSignal): Promise<void> {
    const late = new AbortController()
    const callOff = after(this.#clock, CLOSE_TIMEOUT, () => {
      late.abort(new StreamEnd())
      this.abort(new StreamEnd())
    })
    this.#stream.addEventListener('close', callOff, { once: true })

    try {
      await this.#stream.close({ signal: anyOf(signal, late.signal) })
    } catch (err) {
      this.abort(err as Error)
    }
  }

  abort (error: Error): void {
    this.#stream.abort(error)
  }

  async #read (): Promise<Uint8Array> {
    try {
      return (await this.#frames.read()).subarray()
    } catch (err) {
      if (TOO_LONG.includes((err as Error).name)) {
        throw new ProtocolError('The other side sent a frame that is too long or has no length', { cause: err })
      }

      throw new StreamEnd({ cause: err })
    }
  }
}

function anyOf (one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined {
  return one == null || other == null ? one ?? other : AbortSignal.any([one, other])
}
