/** One thing after the other: what is written of a log, an invitation or a nameplate is durable before the next one is looked at. */
import { raceSignal } from 'race-signal'
import type { AbortOptions } from '@libp2p/interface'

/** As libp2p's queue, but for who waits no longer: that one would begin the next thing then. A node has hundreds of these, mostly idle. */
export class SerialQueue {
  #last: Promise<void> = Promise.resolve()

  /** Runs something in its turn. A signal that aborts ends the caller's wait; what has begun keeps its turn to its end. */
  async add <T> (work: () => Promise<T>, { signal }: AbortOptions = {}): Promise<T> {
    signal?.throwIfAborted()
    const done = this.#last.then(async () => {
      signal?.throwIfAborted()

      return work()
    })
    this.#last = done.then(() => {}, () => {})

    return raceSignal(done, signal)
  }

  /**
   * Runs something in its turn, and keeps the turn after it: all others wait.
   *
   * @returns What came of it, and what gives the turn back
   */
  async hold <T> (work: () => Promise<T>): Promise<{ result: T, release: () => void }> {
    const turn = Promise.withResolvers<void>()
    const done = Promise.withResolvers<T>()

    this.add(async () => {
      done.resolve(await work())
      await turn.promise
    }).catch((err: unknown) => { done.reject(err) })

    return { result: await done.promise, release: turn.resolve }
  }

  /** Resolves when nothing runs or waits. */
  async idle (): Promise<void> {
    for (let last; last !== this.#last;) {
      last = this.#last
      await last
    }
  }
}
