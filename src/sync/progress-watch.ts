/** Ends what stands still while something is owed. */

/** Something that the other side is to do. */
export interface Owed {
  owed: boolean
  /** Grows as it does it. */
  moved: number
}

/** Looks once in a while: who owed something at one look has to have moved by the next. */
export class ProgressWatch {
  readonly #timer: ReturnType<typeof setInterval>
  #before: Owed[]

  /**
   * @param interval - ms
   * @param look - What is owed now, always in the same order
   * @param onStall - Called once
   */
  constructor (interval: number, look: () => Owed[], onStall: () => void) {
    this.#before = look()
    this.#timer = setInterval(() => {
      const now = look()
      const stalled = now.some(({ owed, moved }, i) => owed && this.#before[i]?.owed === true && this.#before[i].moved === moved)
      this.#before = now

      if (stalled) {
        this.stop()
        onStall()
      }
    }, interval)

    if (typeof this.#timer === 'object') {
      this.#timer.unref()
    }
  }

  stop (): void {
    clearInterval(this.#timer)
  }
}
