/** Whether anybody is left who may give what is missing: all who are connected were asked, or there has been nobody for a while. */
import { after } from '../clock.js'
import { ALONE } from '../keys/asking/constants.js'
import type { Timers } from '../clock.js'
import type { Key, OpId } from '../log/index.js'

const NONE: readonly OpId[] = []

export class Unanswered {
  readonly #clock: Timers
  readonly #onAlone: () => void
  /** Members who were asked for what is missing now, and did not give all of it. */
  readonly #tried = new Set<Key>()
  #missing = ''
  #isAlone = false
  #callOff: (() => void) | undefined
  /** What nobody gave. */
  all = NONE

  /** @param onAlone - Nobody has been connected for a while: time to look again */
  constructor (clock: Timers, onAlone: () => void) {
    this.#clock = clock
    this.#onAlone = onAlone
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
    // who had nothing of what was missing before may have this
    if (missing.join() !== this.#missing) {
      this.#missing = missing.join()
      this.#tried.clear()
    }

    if (missing.length === 0 || connected.length > 0) {
      this.stop()
    } else {
      this.#callOff ??= after(this.#clock, ALONE, () => {
        this.#isAlone = true
        this.#onAlone()
      })
    }

    const isInVain = connected.length === 0 ? this.#isAlone : connected.every(key => this.#tried.has(key) && !isAsked(key))
    const before = this.all
    this.all = isInVain ? missing : NONE

    return before.join() !== this.all.join()
  }

  /** Nobody waits any more. */
  stop (): void {
    this.#callOff?.()
    this.#callOff = undefined
    this.#isAlone = false
  }
}
