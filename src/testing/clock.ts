import type { Clock } from '../interface/index.js'

/** A clock that stands still until a test moves it. Pass it as `parties({ clock })`. */
export class FakeClock implements Clock {
  #now: number
  #next = 1
  readonly #timers = new Map<number, { moment: number, callback: () => void }>()

  /** @param now - ms since 1970 */
  constructor (now: number = Date.UTC(2030, 0, 1)) {
    this.#now = now
  }

  now (): number {
    return this.#now
  }

  /** As the platform's: a delay past 2³¹−1 ms fires at once. */
  setTimeout (callback: () => void, ms: number): number {
    const timer = this.#next++
    this.#timers.set(timer, { moment: this.#now + (ms > 2 ** 31 - 1 ? 1 : ms), callback })

    return timer
  }

  clearTimeout (timer: unknown): void {
    this.#timers.delete(timer as number)
  }

  /** Moves on by this many ms; timers fire in their order, at their moment. */
  advance (ms: number): void {
    const end = this.#now + ms

    while (true) {
      const due = [...this.#timers].filter(([, { moment }]) => moment <= end).sort(([, a], [, b]) => a.moment - b.moment)[0]

      if (due == null) {
        break
      }

      const [timer, { moment, callback }] = due
      this.#timers.delete(timer)
      this.#now = Math.max(this.#now, moment)
      callback()
    }

    this.#now = end
  }
}
