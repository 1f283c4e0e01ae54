/** Streams at a rendezvous point: whom it hears, and whose requests it works on. */
import { raceSignal } from 'race-signal'
import { Shares } from '../../limits/shares.js'
import { MAX_REQUESTS, MAX_REQUESTS_OF_ORIGIN, MAX_REQUESTS_OF_PEER, MAX_STREAMS } from './constants.js'
import type { Holder } from '../../limits/shares.js'
import type { Stream } from '@libp2p/interface'

export interface Visitor extends Holder {
  stream: Stream
}

export class Visitors {
  /** Idle streams, and those of which a request is worked on. */
  readonly #streams = new Shares<Visitor>()
  /** Of these a request is worked on. */
  readonly #working = new Shares<Visitor>()
  #change = Promise.withResolvers<void>()

  /** Hears a stream. Where there are too many, one of whoever has most is closed for it, an idle one first. @throws {Error} This one is. */
  enter (visitor: Visitor): void {
    if (this.#streams.size >= MAX_STREAMS) {
      this.#dismiss(this.#streams.yielding(visitor, other => !this.#working.has(other)))
    }

    this.#streams.add(visitor)
  }

  leave (visitor: Visitor): void {
    this.#streams.delete(visitor)
  }

  /**
   * Works on a request of a visitor, when it is the turn of its peer and its origin.
   *
   * @throws {Error} There are too many, and none has more of them.
   */
  async work <T> (visitor: Visitor, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    while (this.#working.ofPeer(visitor.peer) >= MAX_REQUESTS_OF_PEER || this.#working.ofOrigin(visitor.origin) >= MAX_REQUESTS_OF_ORIGIN) {
      await this.#changed(signal)
    }

    if (this.#working.size >= MAX_REQUESTS) {
      this.#dismiss(this.#working.yielding(visitor, () => false))
    }

    this.#working.add(visitor)

    try {
      return await work()
    } finally {
      this.#working.delete(visitor)
      this.#tell()
    }
  }

  #dismiss (visitor: Visitor | undefined): void {
    const error = new Error('Too many requests at once')

    if (visitor == null) {
      throw error
    }

    this.#working.delete(visitor)
    this.#streams.delete(visitor)
    this.#tell()
    visitor.stream.abort(error)
  }

  #tell (): void {
    this.#change.resolve()
    this.#change = Promise.withResolvers()
  }

  async #changed (signal: AbortSignal): Promise<void> {
    await raceSignal(this.#change.promise, signal)
  }
}
