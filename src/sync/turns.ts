/** Whose turn it is: of the peers that have what is missing here one is asked, and then the next for what is still missing. */

/** How long one may be asked without an answer while others wait, ms. */
const STALL = 5000

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

  /** Takes it, or says that it goes on; else waits for it. */
  take (): boolean { return this.#turns.take(this) }

  wait (): void { this.#turns.wait(this) }

  release (): void { this.#turns.release(this) }
}

export class Turns {
  #holder: Turn | undefined
  #since = 0
  readonly #waiting = new Set<Turn>()
  #timer: ReturnType<typeof setTimeout> | undefined

  turn (): Turn {
    return new Turn(this)
  }

  isFree (turn: Turn): boolean {
    return this.#holder == null || this.#holder === turn || Date.now() - this.#since >= STALL
  }

  take (turn: Turn): boolean {
    if (!this.isFree(turn)) {
      this.wait(turn)

      return false
    }

    this.#waiting.delete(turn)
    this.#holder = turn
    this.#since = Date.now()

    return true
  }

  wait (turn: Turn): void {
    this.#waiting.add(turn)
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#wake()
    }, STALL)

    if (typeof this.#timer === 'object') {
      this.#timer.unref()
    }
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
    clearTimeout(this.#timer)
    this.#timer = undefined
    waiting.forEach(({ wake }) => { wake() })
  }
}
