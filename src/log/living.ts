/** The grants that decide what a person is (docs/membership-log.md, "Rule 5" and "Rule 6"), kept as words come: a word costs what it ends, however many there are. */
import { eachReach, contains } from './ancestors.js'
import { isEnd } from './entry.js'
import type { Entry } from './entry.js'

export class Living {
  /** All words before this place were taken. */
  end = 0
  /** Was one of the words a LEAVE? */
  hasLeft = false
  /** Living grants that are in no later one's past; by chain, as of one chain the last has the others in its past; in order. */
  readonly #grants = new Map<number, Entry>()
  /** The same of ADMITs and READOPTs alone: by which way one came. */
  readonly #ways = new Map<number, Entry>()
  /** REMOVEs and LEAVEs, in order. */
  readonly #ends: Entry[] = []

  get grants (): Entry[] {
    return [...this.#grants.values()]
  }

  get ways (): Entry[] {
    return [...this.#ways.values()]
  }

  /** Takes a word in effect about the person, or a LEAVE of it, whose place is after those taken before. */
  take (word: Entry): void {
    if (isEnd(word)) {
      this.hasLeft ||= word.kind === 'LEAVE'
      this.#ends.push(word)
      this.#grants.clear()
      this.#ways.clear()
    } else if (this.#lives(word)) {
      put(this.#grants, word)

      if (word.kind !== 'SET_ROLE') {
        put(this.#ways, word)
      }
    }
  }

  #lives ({ ancestors }: Entry): boolean {
    for (let i = this.#ends.length - 1; i >= 0; i--) {
      const end = this.#ends[i] as Entry

      if (end.place < ancestors.upto) {
        break
      }

      if (!contains(ancestors, end)) {
        return false
      }
    }

    return true
  }
}

/** In place of those that it has in its past. */
function put (latest: Map<number, Entry>, grant: Entry): void {
  const { ancestors, chain } = grant

  for (const [other, { place }] of latest) {
    if (place >= ancestors.upto) {
      break
    }

    latest.delete(other)
  }

  eachReach(ancestors, (other, count) => {
    if ((latest.get(other)?.link ?? count) < count) {
      latest.delete(other)
    }
  })
  latest.set(chain, grant)
}
