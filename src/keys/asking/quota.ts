/** What each member may cost in a while, whatever devices it has. Pure. */
import { BUDGET, QUOTA_WINDOW } from './constants.js'

export class Quota {
  /** Who began longest ago first. */
  readonly #spent = new Map<string, { cost: number, since: number }>()

  /** @param now - ms since some moment @returns false: it had its share, and nothing is taken */
  take (person: string, cost: number, now: number): boolean {
    for (const [other, { since }] of this.#spent) {
      if (now - since < QUOTA_WINDOW) {
        break
      }

      this.#spent.delete(other)
    }

    const spent = this.#spent.get(person) ?? { cost: 0, since: now }

    if (spent.cost + cost > BUDGET) {
      return false
    }

    this.#spent.set(person, spent)
    spent.cost += cost

    return true
  }
}
