/** Who was just admitted, and may not know it yet: a while later they are asked where they are. */
import { after } from '../../async/clock.js'
import { NEWCOMERS_DELAY } from './constants.js'
import type { Clock } from '../../async/clock.js'
import type { Key } from '../../log/index.js'

export class Newcomers {
  readonly #clock: Clock
  readonly #settled: (keys: Key[]) => void
  readonly #keys = new Set<Key>()
  #callOff: (() => void) | undefined

  /** @param settled - Is called with those who came, `NEWCOMERS_DELAY` after the first of them */
  constructor (clock: Clock, settled: (keys: Key[]) => void) {
    this.#clock = clock
    this.#settled = settled
  }

  add (keys: Key[]): void {
    keys.forEach(key => this.#keys.add(key))
    this.#callOff ??= after(this.#clock, NEWCOMERS_DELAY, () => {
      const came = [...this.#keys]
      this.#callOff = undefined
      this.#keys.clear()
      this.#settled(came)
    })
  }

  stop (): void {
    this.#callOff?.()
    this.#callOff = undefined
  }
}
