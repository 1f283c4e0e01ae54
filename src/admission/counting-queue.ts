/** One count after the other: what is counted of an invitation or of a nameplate is durable before the next count is looked at. */
import { Queue } from '@libp2p/utils'
import { raceSignal } from 'race-signal'
import type { AbortOptions } from '@libp2p/interface'

export class CountingQueue {
  readonly #queue = new Queue<unknown>({ concurrency: 1 })

  /** Runs a count in its turn. A signal that aborts ends the caller's wait; a count that has begun keeps its turn to its end. */
  async add <T> (count: () => Promise<T>, { signal }: AbortOptions = {}): Promise<T> {
    const counted = this.#queue.add(async () => {
      signal?.throwIfAborted()

      return count()
    }) as Promise<T>
    counted.catch(() => {})

    return raceSignal(counted, signal)
  }

  /**
   * Runs a count in its turn, and keeps the turn after it: all other counts wait.
   *
   * @returns What came of the count, and what gives the turn back
   */
  async hold <T> (count: () => Promise<T>): Promise<{ result: T, release: () => void }> {
    const turn = Promise.withResolvers<void>()
    const counted = Promise.withResolvers<T>()

    this.add(async () => {
      counted.resolve(await count())
      await turn.promise
    }).catch((err: unknown) => { counted.reject(err) })

    return { result: await counted.promise, release: turn.resolve }
  }
}
