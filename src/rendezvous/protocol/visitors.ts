/** Streams at a rendezvous point: whom it hears, and whose requests it works on. */
import { Shares } from '../../limits/shares.js'
import { MAX_REQUESTS, MAX_REQUESTS_OF_ORIGIN, MAX_REQUESTS_OF_PEER, MAX_STREAMS } from './constants.js'
import type { Holder } from '../../limits/shares.js'
import type { Stream } from '@libp2p/interface'

export interface Visitor extends Holder {
  stream: Stream
}

/** A request whose turn it is not yet. */
interface Waiting {
  visitor: Visitor
  begin: () => void
}

export class Visitors {
  /** Idle streams, and those of which a request is worked on. */
  readonly #streams = new Shares<Visitor>()
  /** Of these a request is worked on. */
  readonly #working = new Shares<Visitor>()
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiting>()

  /** Hears a stream. Where there are too many, one of whoever has most is closed for it, an idle one first. @throws {Error} This one is. */
  enter (visitor: Visitor): void {
    if (this.#streams.size >= MAX_STREAMS) {
      this.#dismiss(this.#streams.yielding(visitor, other => !this.#working.has(other)))
      this.#next()
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
    if (this.#isTurnOf(visitor)) {
      this.#begin(visitor)
    } else {
      await this.#turnOf(visitor, signal)
    }

    try {
      return await work()
    } finally {
      this.#working.delete(visitor)
      this.#next()
    }
  }

  #isTurnOf ({ peer, origin }: Visitor): boolean {
    return this.#working.ofPeer(peer) < MAX_REQUESTS_OF_PEER && this.#working.ofOrigin(origin) < MAX_REQUESTS_OF_ORIGIN
  }

  /** @throws {Error} There are too many, and none has more of them. */
  #begin (visitor: Visitor): void {
    const isFull = this.#working.size >= MAX_REQUESTS

    if (isFull) {
      this.#dismiss(this.#working.yielding(visitor, () => false))
    }

    this.#working.add(visitor)

    if (isFull) {
      this.#next()
    }
  }

  #dismiss (visitor: Visitor | undefined): void {
    const error = new Error('Too many requests at once')

    if (visitor == null) {
      throw error
    }

    this.#working.delete(visitor)
    this.#streams.delete(visitor)
    visitor.stream.abort(error)
  }

  /** Places are free: those whose turn it is now begin. The others are not woken, who may be a thousand of one stranger. */
  #next (): void {
    for (const waiting of this.#waiting) {
      if (this.#isTurnOf(waiting.visitor)) {
        this.#waiting.delete(waiting)
        waiting.begin()
      }
    }
  }

  /** Resolves when it has begun. @throws the signal's reason */
  async #turnOf (visitor: Visitor, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiting: Waiting = {
      visitor,
      begin: () => {
        try {
          this.#begin(visitor)
          resolve()
        } catch (err) {
          reject(err)
        }
      }
    }
    const onAbort = (): void => {
      this.#waiting.delete(waiting)
      reject(signal.reason)
    }
    this.#waiting.add(waiting)
    signal.addEventListener('abort', onAbort, { once: true })

    try {
      await promise
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
}
