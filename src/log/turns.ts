/** Whose turn comes within an INVITE's uses (docs/membership-log.md, "Rule 3"): persons in the order of their first ADMIT. */
import { byLevel } from './entry.js'
import { placeOf } from './sorted.js'
import type { Entry } from './entry.js'
import type { PersonId } from './kinds.js'

/** By level, then depth, then id. */
export function byTurn (a: Entry, b: Entry): number {
  return a.level - b.level || a.depth - b.depth || byLevel(a, b)
}

export class Turns {
  readonly #uses: number
  /** Each person's ADMITs that nothing but the uses can void, the first one first. */
  readonly #admits = new Map<PersonId, Entry | Entry[]>()
  /** Each person's first, in order. */
  readonly #order: Entry[] = []

  constructor (uses: number) {
    this.#uses = uses
  }

  /** Persons who stand in line. */
  get size (): number {
    return this.#order.length
  }

  /** Persons whose turn came. */
  * persons (): Iterable<PersonId> {
    for (let i = 0; i < this.#order.length && i < this.#uses; i++) {
      yield this.#order[i]?.person ?? ''
    }
  }

  has (admit: Entry): boolean {
    const admits = this.#of(admit.person ?? '')

    return admits[placeOf(admits, admit, byTurn)] === admit
  }

  counts ({ person = '' }: Entry): boolean {
    const last = this.last
    const [own] = this.#of(person)

    return own != null && (last == null || byTurn(own, last) <= 0)
  }

  /** The first ADMIT of the last person whose turn came, where no use is left. */
  get last (): Entry | undefined {
    return this.#order[this.#uses - 1]
  }

  /** @returns Persons who may have changed from in to out, or back */
  add (admit: Entry): PersonId[] {
    return this.#change(admit, (admits) => { admits.splice(placeOf(admits, admit, byTurn), 0, admit) })
  }

  delete (admit: Entry): PersonId[] {
    return this.#change(admit, (admits) => { admits.splice(placeOf(admits, admit, byTurn), 1) })
  }

  /** Most have one: that is kept without a list. */
  #of (person: PersonId): Entry[] {
    const admits = this.#admits.get(person) ?? []

    return 'length' in admits ? admits : [admits]
  }

  #change (admit: Entry, change: (admits: Entry[]) => void): PersonId[] {
    const person = admit.person ?? ''
    const wasIn = this.counts(admit)
    const edge = this.last
    const admits = this.#of(person)
    const [before] = admits
    change(admits)
    const [after] = admits

    if (after == null) {
      this.#admits.delete(person)
    } else {
      this.#admits.set(person, admits.length === 1 ? after : admits)
    }

    if (after === before) {
      return []
    }

    if (before != null) {
      this.#order.splice(placeOf(this.#order, before, byTurn), 1)
    }

    if (after != null) {
      this.#order.splice(placeOf(this.#order, after, byTurn), 0, after)
    }

    // one in, another out: or the other way
    return [...this.counts(admit) === wasIn ? [] : [person], ...[edge, this.last].flatMap(other => edge === this.last || other?.person === person ? [] : other?.person ?? [])]
  }
}
