/** Records that came before the ops on which they rest, and were passed over: when to look for them again. Pure. */
import type { Stored } from './asking.js'

/** Ops that have to come before the next look, at most: the way there doubles while looking does not help. */
const MAX_GAP = 1024

export class Early {
  /** By set: how many ops must be here, and how many more the next time. */
  readonly #sets = new Map<number, { at: number, gap: number, waits: boolean }>()

  /** @param size - Ops here */
  stored ({ load: { items: { set, records } }, early }: Stored, size: number): void {
    // the first look is at once: the ops may have come between
    const gap = this.#sets.get(set)?.gap ?? 0

    if (early != null && early > 0) {
      this.#sets.set(set, { at: size + gap, gap: Math.min(2 * gap || 1, MAX_GAP), waits: true })
    } else if (records.length > 0) {
      this.#sets.delete(set)
    }
  }

  /** Sets that are to be compared again, as ops came since; told of once. */
  due (size: number): number[] {
    const sets = [...this.#sets].filter(([, { at, waits }]) => waits && size >= at)
    sets.forEach(([, early]) => { early.waits = false })

    return sets.map(([set]) => set)
  }
}
