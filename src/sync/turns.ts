/** Whose turn it is: of the peers that have what is missing here one is asked, and then the next for what is still missing. */
import { systemClock } from '../async/clock.js'
import type { Clock } from '../async/clock.js'

/** How long one may be asked without giving as much as `GIVEN` while others wait, ms. */
const STALL = 5000

/** Bytes of what is new here that keep a turn for another `STALL`: a relay's slow link has more, who drips has less. */
const GIVEN = 8192

/** One stream's place among those of its log. */
export class Turn {
  /** Called when it may be this one's turn. */
  wake: () => void = () => {}
  readonly #turns: Turns

  constructor (turns: Turns) {
    this.#turns = turns
  }

  /** Is no other one asked? */
  get free (): boolean { return this.#turns.isFree(this) }

  /**
   * Takes it, or says that it goes on; else waits for it.
   *
   * @param given - Bytes that came by it and were new
   */
  take (given = 0): boolean { return this.#turns.take(this, given) }

  wait (): void { this.#turns.wait(this) }

  release (): void { this.#turns.release(this) }
}

export class Turns {
  #holder: Turn | undefined
  #since = 0
  /** Bytes that the holder gave since then. */
  #given = 0
  readonly #waiting = new Set<Turn>()
  readonly #clock: Clock
  #timer: unknown

  constructor (clock: Clock = systemClock) {
    this.#clock = clock
  }

  turn (): Turn {
    return new Turn(this)
  }

  isFree (turn: Turn): boolean {
    return this.#holder == null || this.#holder === turn || this.#clock.elapsed() - this.#since >= STALL
  }

  take (turn: Turn, given: number): boolean {
    if (!this.isFree(turn)) {
      this.wait(turn)

      return false
    }

    this.#waiting.delete(turn)
    this.#given += given

    if (this.#holder !== turn || this.#given >= GIVEN) {
      this.#holder = turn
      this.#since = this.#clock.elapsed()
      this.#given = 0
    }

    return true
  }

  wait (turn: Turn): void {
    this.#waiting.add(turn)
    this.#timer ??= this.#clock.setTimeout(() => {
      this.#timer = undefined
      this.#wake()
    }, STALL)
  }

  release (turn: Turn): void {
    this.#waiting.delete(turn)

    if (this.#holder === turn) {
      this.#holder = undefined
      this.#wake()
    }
  }

  /** The first of those that wait takes it; the others wait again. */
  #wake (): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
    waiting.forEach(({ wake }) => { wake() })
  }
}
