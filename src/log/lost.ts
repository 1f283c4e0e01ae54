/** The ops that have no effect, how many of them each person spoke, and what changed of that. */
import { isSameVoid } from './void.js'
import type { Entry } from './entry.js'
import type { PersonId } from './kinds.js'
import type { Void } from './void.js'

export class Lost {
  readonly #voids = new Map<Entry, Void>()
  readonly #counts = new Map<PersonId, number>()
  /** Of those that changed since it was asked: why before. */
  #before = new Map<Entry, Void | undefined>()

  get all (): ReadonlyMap<Entry, Void> {
    return this.#voids
  }

  get (entry: Entry): Void | undefined {
    return this.#voids.get(entry)
  }

  /** How many were spoken for a person. */
  countOf (person: PersonId): number {
    return this.#counts.get(person) ?? 0
  }

  /** @param why - Undefined: it has effect */
  set (entry: Entry, why: Void | undefined): void {
    if (!this.#before.has(entry)) {
      this.#before.set(entry, this.get(entry))
    }

    this.restore(entry, why)
  }

  /** The same, and `changes` does not tell of it. */
  restore (entry: Entry, why: Void | undefined): void {
    const { size } = this.#voids

    if (why == null) {
      this.#voids.delete(entry)
    } else {
      this.#voids.set(entry, why)
    }

    if (this.#voids.size !== size) {
      this.#counts.set(entry.speaker, this.countOf(entry.speaker) + this.#voids.size - size)
    }
  }

  /** Ops whose effect was lost, or came back (undefined), or is lost for another reason, since this was asked before. */
  changes (): Map<Entry, Void | undefined> {
    const before = this.#before
    this.#before = new Map()

    return new Map([...before].filter(([entry, why]) => !isSameVoid(why, this.get(entry))).map(([entry]) => [entry, this.get(entry)]))
  }
}
