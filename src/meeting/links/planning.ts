/** When meeting plans what to do next: once for all that happens in a moment, and at the time that the newest plan names. */
import type { Clock } from '../../async/clock.js'

export class Planning {
  readonly #clock: Clock
  readonly #plan: (now: number) => number | undefined
  readonly #running: () => AbortSignal
  #timer: unknown
  #isDue = false

  /**
   * @param plan - Is called with `clock.elapsed()`, ms. @returns When it is to be called again, by the same clock; undefined: when something happens
   * @param running - Aborts when the node stops
   */
  constructor (clock: Clock, plan: (now: number) => number | undefined, running: () => AbortSignal) {
    this.#clock = clock
    this.#plan = plan
    this.#running = running
  }

  /** When what happens now has happened. */
  soon (): void {
    if (!this.#isDue && !this.#running().aborted) {
      this.#isDue = true
      queueMicrotask(() => {
        this.#isDue = false
        this.#now()
      })
    }
  }

  /** In the next turn: who waits for a party, or for an Ack, is told before members are asked for links. A turn, and no while: a clock that stands has it, too. */
  later (): void {
    setTimeout(() => { this.soon() }, 0)
  }

  stop (): void {
    this.#clock.clearTimeout(this.#timer)
  }

  #now (): void {
    if (this.#running().aborted) {
      return
    }

    const now = this.#clock.elapsed()
    const wakeAt = this.#plan(now)
    this.#clock.clearTimeout(this.#timer)

    if (wakeAt != null) {
      this.#timer = this.#clock.setTimeout(() => { this.soon() }, Math.max(1, wakeAt - now))
    }
  }
}
