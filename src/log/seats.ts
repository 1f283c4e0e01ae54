/** Who is a member, and as what, kept as ops come: persons of whom an op tells are looked at again when they are asked for. */
import { isEnd, isGrant } from './entry.js'
import { Living } from './living.js'
import { membershipBy, membershipIn, wordsFrom } from './standing.js'
import type { Entry } from './entry.js'
import type { Person } from './person.js'
import type { Key, PersonId } from './kinds.js'
import type { Membership, Scope } from './standing.js'

export class Seats {
  readonly #scope: Scope
  readonly #members = new Map<PersonId, Membership>()
  /** Persons whose membership is to be found anew. */
  readonly #stale = new Set<Person>()
  /** Grants that decide, of persons about whom there are many words. */
  readonly #living = new Map<Person, Living>()
  /** What persons were before what changed them. */
  #before = new Map<PersonId, Membership | undefined>()

  /** The seats of a graph that holds its GENESIS alone. */
  constructor (scope: Scope) {
    this.#scope = scope

    for (const { id } of scope.graph.persons()) {
      this.#members.set(id, { level: 0, role: 'owner', grant: undefined, admit: undefined })
    }
  }

  get members (): ReadonlyMap<PersonId, Membership> {
    this.#seatStale()

    return this.#members
  }

  membershipOf (id: PersonId): Membership | undefined {
    const person = this.#scope.graph.person(id)

    if (person != null && this.#stale.delete(person)) {
      this.#seat(person)
    }

    return this.#members.get(id)
  }

  /** Whose membership, or keys, an op tells of that came, or whose effect changed. */
  touch ({ kind, person: about, speaker, place }: Entry): void {
    const isOfKeys = kind === 'LINK' || kind === 'UNLINK'
    const id = isOfKeys || kind === 'LEAVE' ? speaker : isGrant({ kind }) || isEnd({ kind }) ? about : undefined
    const person = id == null ? undefined : this.#scope.graph.person(id)

    if (person == null) {
      return
    }

    this.#stale.add(person)

    // another effect than it was taken with
    if (place < (this.#living.get(person)?.end ?? 0)) {
      this.#living.delete(person)
    }

    if (isOfKeys && !this.#before.has(person.id)) {
      this.#before.set(person.id, this.#members.get(person.id))
    }
  }

  /** Who came, went or changed since this was asked before, or whose keys did, with what they are now. */
  changes (): Map<PersonId, Membership | undefined> {
    this.#seatStale()
    const changed = new Map([...this.#before.keys()].map(id => [id, this.#members.get(id)]))
    this.#before = new Map()

    return changed
  }

  /** Seats all: of that is nothing told. */
  restored (): void {
    for (const person of this.#scope.graph.persons()) {
      this.#put(person, this.#found(person))
    }
  }

  #seatStale (): void {
    for (const person of this.#stale) {
      this.#seat(person)
    }

    this.#stale.clear()
  }

  #seat (person: Person): void {
    const before = this.#members.get(person.id)
    const after = this.#found(person)

    if (before?.level === after?.level && before?.grant === after?.grant && before?.admit === after?.admit) {
      return
    }

    if (!this.#before.has(person.id)) {
      this.#before.set(person.id, before)
    }

    this.#put(person, after)
  }

  #put ({ id }: Person, membership: Membership | undefined): void {
    if (membership == null) {
      this.#members.delete(id)
    } else {
      this.#members.set(id, membership)
    }
  }

  #found (person: Person): Membership | undefined {
    return person.words.every(({ lanes }) => lanes == null) ? membershipIn(this.#scope, person) : this.#fromLiving(person)
  }

  /** Of one about whom there are many words: those that came since are taken in. */
  #fromLiving (person: Person): Membership | undefined {
    const living = this.#living.get(person) ?? new Living()
    this.#living.set(person, living)

    for (const word of wordsFrom(person, living.end)) {
      if (this.#scope.inEffect(word)) {
        living.take(word)
      }
    }

    living.end = this.#scope.graph.end

    return membershipBy(person, living.hasLeft, living.grants, () => living.ways)
  }
}

/** A member's seat, as far as it says whose a key is. */
export interface Claim {
  person: PersonId
  /** Its first key. */
  key: Key
  recovery?: Key
  level: number
}

/** Of the members for whom one key stands, whose it is: whose device it is before who names it as recovery key, then who is above, then whose first key it is, then by id. */
export function byClaim (key: Key): (a: Claim, b: Claim) => number {
  const isDevice = ({ key: first, recovery }: Claim): number => Number(first === key || recovery !== key)

  return (a, b) => isDevice(b) - isDevice(a) || a.level - b.level || Number(b.key === key) - Number(a.key === key) || (a.person < b.person ? -1 : 1)
}
