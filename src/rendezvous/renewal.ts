/** What has to be done again before it lapses, and sooner when something changes. */
import type { Timers } from '../async/clock.js'

/** Waits after a failure, ms: the first, doubling up to the second. */
const BACKOFF = [5_000, 300_000] as const

/** `setTimeout` takes 32-bit signed ms; sooner is no harm. */
const LONGEST_TIMEOUT = 2 ** 31 - 1

export class Renewal {
  readonly #timers: Timers
  readonly #work: (signal: AbortSignal) => Promise<number>
  readonly #onError: ((error: Error) => void) | undefined
  readonly #stopped = new AbortController()
  readonly #first = Promise.withResolvers<void>()
  #timer: unknown
  #failures = 0
  #done = false
  #running = false
  #again = false

  /**
   * Begins at once.
   *
   * @param work - Does it → ms until it has to be done again
   * @param onError - A failure: it is tried again with backoff
   */
  constructor (timers: Timers, work: (signal: AbortSignal) => Promise<number>, onError?: (error: Error) => void) {
    this.#timers = timers
    this.#work = work
    this.#onError = onError
    this.#first.promise.catch(() => {})
    this.now()
  }

  /** The first time: resolves when it is done, rejects with its failure, after which it is tried again all the same. */
  async first (signal?: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<never>()
    const abort = (): void => { aborted.reject(signal?.reason) }
    signal?.addEventListener('abort', abort, { once: true })
    aborted.promise.catch(() => {})

    try {
      signal?.throwIfAborted()
      await Promise.race([this.#first.promise, aborted.promise])
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Does it now; once more after what is being done now. */
  now (): void {
    this.#timers.clearTimeout(this.#timer)

    if (this.#running) {
      this.#again = true
    } else if (!this.#stopped.signal.aborted) {
      this.#run().catch(() => {})
    }
  }

  /** @returns Was it ever done? */
  stop (): boolean {
    this.#timers.clearTimeout(this.#timer)
    this.#stopped.abort(new DOMException('Withdrawn', 'AbortError'))

    return this.#done
  }

  async #run (): Promise<void> {
    this.#running = true
    let wait: number

    try {
      wait = await this.#work(this.#stopped.signal)
      this.#failures = 0
      this.#done = true
      this.#first.resolve()
    } catch (err) {
      wait = Math.min(BACKOFF[0] * 2 ** this.#failures++, BACKOFF[1])
      this.#first.reject(err)

      if (!this.#stopped.signal.aborted) {
        this.#onError?.(err as Error)
      }
    }

    this.#running = false

    if (this.#stopped.signal.aborted) {
      return
    }

    if (this.#again) {
      this.#again = false
      this.now()
    } else {
      this.#timer = this.#timers.setTimeout(() => { this.now() }, Math.min(wait, LONGEST_TIMEOUT))
    }
  }
}
