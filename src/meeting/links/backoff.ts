/** When somebody is tried again: full jitter, doubling. Pure. */
import { BACKOFF } from './constants.js'

/** Whom it remembers, at most; those that wait no longer go first. */
const MAX_REMEMBERED = 4096

interface Tried {
  /** Failures in a row. */
  count: number
  /** By `Clock.elapsed`, as all times here, ms */
  until: number
}

export class Backoff {
  readonly #random: () => number
  readonly #range: readonly [number, number]
  readonly #tried = new Map<string, Tried>()

  /**
   * @param random - 0 ≤ x < 1
   * @param range - The longest first wait, ms, and the longest of all
   */
  constructor (random: () => number, range: readonly [number, number] = BACKOFF) {
    this.#random = random
    this.#range = range
  }

  /** May it be tried now? */
  isReady (name: string, now: number): boolean {
    return (this.#tried.get(name)?.until ?? now) <= now
  }

  /** It failed: the next try is after a wait of 0 to twice what the last one's could be. */
  failed (name: string, now: number): void {
    const count = this.#tried.get(name)?.count ?? 0
    const longest = Math.min(this.#range[0] * 2 ** Math.min(count, 30), this.#range[1])
    this.#remember(name, { count: count + 1, until: now + this.#random() * longest }, now)
  }

  /** It is not tried before: nothing failed. */
  wait (name: string, until: number, now: number): void {
    this.#remember(name, { count: this.#tried.get(name)?.count ?? 0, until: Math.max(until, this.#tried.get(name)?.until ?? until) }, now)
  }

  #remember (name: string, tried: Tried, now: number): void {
    this.#tried.delete(name)

    if (this.#tried.size >= MAX_REMEMBERED) {
      this.#forget(now)
    }

    this.#tried.set(name, tried)
  }

  succeeded (name: string): void {
    this.#tried.delete(name)
  }

  /** Everybody may be tried at once: the network is another one. */
  clear (): void {
    this.#tried.clear()
  }

  /** When this one may be tried; undefined: now. */
  readyAt (name: string, now: number): number | undefined {
    const until = this.#tried.get(name)?.until

    return until == null || until <= now ? undefined : until
  }

  #forget (now: number): void {
    const over = [...this.#tried].filter(([, { until }]) => until <= now).map(([name]) => name)
    const gone = over.length > 0 ? over : [...this.#tried.keys()].slice(0, 1)
    gone.forEach(name => { this.#tried.delete(name) })
  }
}
