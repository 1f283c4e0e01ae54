/** One count after the other: what is counted of an invitation or of a nameplate is durable before the next count is looked at. */
import { Queue } from '@libp2p/utils'
import type { AbortOptions } from '@libp2p/interface'

export class CountingQueue {
  readonly #queue = new Queue<unknown>({ concurrency: 1 })

  /** Runs a count in its turn. */
  async add <T> (count: () => Promise<T>, options?: AbortOptions): Promise<T> {
    return this.#queue.add(count, options) as Promise<T>
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
