/** When those who are connected and not told of what is new are compared with: one after the other, so that few hear soon, and many cost little. */
import { after } from '../async/clock.js'
import { LATE, PACE } from './constants.js'
import type { Timers } from '../async/clock.js'

export class Laters {
  readonly #clock: Timers
  readonly #first: number
  /** Who waits the longest first. */
  readonly #waiting = new Set<() => void>()
  #callOff: (() => void) | undefined

  /** @param first - How long the first one waits, ms: until then most have heard from others */
  constructor (clock: Timers, first: number = LATE[0]) {
    this.#clock = clock
    this.#first = first
  }

  /** Calls back in its turn, once. @returns What calls it off */
  add (callback: () => void): () => void {
    this.#waiting.add(callback)
    this.#callOff ??= after(this.#clock, this.#first, () => { this.#next() })

    return () => { this.#waiting.delete(callback) }
  }

  stop (): void {
    this.#waiting.clear()
    this.#callOff?.()
  }

  #next (): void {
    const [callback] = this.#waiting
    this.#callOff = undefined

    if (callback != null) {
      // the last of them waits no longer than LATE says
      const pace = Math.min(PACE, (LATE[1] - LATE[0]) / this.#waiting.size)
      this.#waiting.delete(callback)
      this.#callOff = after(this.#clock, pace, () => { this.#next() })
      callback()
    }
  }
}
