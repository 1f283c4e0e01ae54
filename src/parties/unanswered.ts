/** Whether anybody is left who may give what is missing: all who are connected were asked, or it has been missing for a while. */
import { after } from '../async/clock.js'
import { LATE } from '../keys/asking/constants.js'
import type { Timers } from '../async/clock.js'
import type { Key, OpId } from '../log/index.js'

const NONE: readonly OpId[] = []

export class Unanswered {
  readonly #clock: Timers
  readonly #onLate: () => void
  /** Members who were asked for what is missing now, and did not give all of it. */
  readonly #tried = new Set<Key>()
  #missing = ''
  #isAlone = false
  /** Has it been missing for a while: with nobody, or with members who go on being about to give it? */
  #isLate = false
  #callOff: (() => void) | undefined
  /** What nobody gave. */
  all = NONE

  /** @param onLate - Time to look again */
  constructor (clock: Timers, onLate: () => void) {
    this.#clock = clock
    this.#onLate = onLate
  }

  wasTried (key: Key): boolean {
    return this.#tried.has(key)
  }

  tried (key: Key): void {
    this.#tried.add(key)
  }

  /**
   * @param missing - Current REKEYs whose secrets are not here
   * @param connected - Members who can be asked
   * @param isAsked - Is one being asked just now?
   * @returns Is it other than before?
   */
  review (missing: readonly OpId[], connected: readonly Key[], isAsked: (key: Key) => boolean): boolean {
    const isAlone = connected.length === 0

    // who had nothing of what was missing before may have this
    if (missing.join() !== this.#missing) {
      this.#missing = missing.join()
      this.#tried.clear()
      this.stop()
    }

    // who was alone asks those whom it meets first
    if (missing.length === 0 || isAlone !== this.#isAlone) {
      this.stop()
    }

    this.#isAlone = isAlone

    if (missing.length > 0) {
      this.#callOff ??= after(this.#clock, LATE, () => {
        this.#isLate = true
        this.#onLate()
      })
    }

    const isInVain = this.#isLate || (!isAlone && connected.every(key => this.#tried.has(key) && !isAsked(key)))
    const before = this.all
    this.all = isInVain ? missing : NONE

    return before.join() !== this.all.join()
  }

  /** Nobody waits any more. */
  stop (): void {
    this.#callOff?.()
    this.#callOff = undefined
    this.#isLate = false
  }
}
