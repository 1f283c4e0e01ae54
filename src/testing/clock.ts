/** A clock that stands still until a test moves it. */
import type { Clock } from '../interface/index.js'

/** Pass it as `createNetwork({ clock })`, or to one node as `parties({ clock })`. */
export class FakeClock implements Clock {
  /** ms since 1970, at `#elapsed` 0 */
  #start: number
  /** ms that passed: what timers go by, as the platform's do */
  #elapsed = 0
  #next = 1
  readonly #timers = new Map<number, { moment: number, callback: () => void }>()

  /** @param now - ms since 1970 */
  constructor (now: number = Date.UTC(2030, 0, 1)) {
    this.#start = now
  }

  now (): number {
    return this.#start + this.#elapsed
  }

  elapsed (): number {
    return this.#elapsed
  }

  /** How long until the next timer fires, ms; undefined: none is set. */
  get next (): number | undefined {
    const moments = [...this.#timers.values()].map(({ moment }) => moment)

    return moments.length === 0 ? undefined : Math.max(0, Math.min(...moments) - this.#elapsed)
  }

  /** As the platform's: a delay past 2³¹−1 ms fires at once. */
  setTimeout (callback: () => void, ms: number): number {
    const timer = this.#next++
    this.#timers.set(timer, { moment: this.#elapsed + (ms > 2 ** 31 - 1 ? 1 : ms), callback })

    return timer
  }

  /** Calls off what `setTimeout` returned. */
  clearTimeout (timer: unknown): void {
    this.#timers.delete(timer as number)
  }

  /** Time passes: moves on by this many ms; timers fire in their order, at their moment. */
  advance (ms: number): void {
    const end = this.#elapsed + ms

    while (true) {
      const due = [...this.#timers].filter(([, { moment }]) => moment <= end).sort(([, a], [, b]) => a.moment - b.moment)[0]

      if (due == null) {
        break
      }

      const [timer, { moment, callback }] = due
      this.#timers.delete(timer)
      this.#elapsed = Math.max(this.#elapsed, moment)
      callback()
    }

    this.#elapsed = end
  }

  /** Somebody sets the clock, by so many ms, forth or back: no time passes, and timers fire when they would have. */
  jump (ms: number): void {
    this.#start += ms
  }
}
