/** Keys that were a person's, and stand for no member now, kept as ops come: those that an op tells of are looked at again when they are asked for. */
import { isEnd, isGrant } from './entry.js'
import { keyStands } from './keys.js'
import type { Entry } from './entry.js'
import type { Key } from './kinds.js'
import type { Person } from './person.js'
import type { Membership, Scope } from './standing.js'

export interface GoneScope extends Scope {
  membershipOf: (id: string) => Membership | undefined
}

export class GoneKeys {
  readonly #scope: GoneScope
  readonly #gone = new Set<Key>()
  /** Persons who were members when their keys were last looked at. */
  readonly #members = new Set<Person>()
  readonly #persons = new Set<Person>()
  readonly #keys = new Set<Key>()
  #isStale = true
  #touched = new Set<Key>()

  constructor (scope: GoneScope) {
    this.#scope = scope
  }

  /** An op came, or its effect is another. */
  touch ({ kind, key, person: about, speaker }: Entry): void {
    if (kind === 'LINK' || kind === 'UNLINK') {
      this.#keys.add(key as Key)
    } else if (kind === 'LEAVE' || isGrant({ kind }) || isEnd({ kind })) {
      const person = this.#scope.graph.person((kind === 'LEAVE' ? speaker : about) ?? '')

      if (person != null) {
        this.#persons.add(person)
      }

      if (key != null) {
        this.#keys.add(key)
      }
    }
  }

  /** All is to be looked at anew. */
  restored (): void {
    this.#isStale = true
  }

  get all (): ReadonlySet<Key> {
    this.#settle()

    return this.#gone
  }

  /** Those of which an op told since this was asked before. */
  touched (): Iterable<Key> {
    this.#settle()
    const touched = this.#touched
    this.#touched = new Set()

    return [...touched].filter(key => this.#gone.has(key))
  }

  #settle (): void {
    const { graph } = this.#scope

    for (const person of this.#isStale ? graph.persons() : this.#persons) {
      const isMember = this.#scope.membershipOf(person.id) != null

      // most words change nothing of whether it is one
      if (this.#isStale || isMember !== this.#members.has(person)) {
        setIn(this.#members, person, isMember)
        keysFor(person).forEach(key => this.#keys.add(key))
      }
    }

    for (const key of this.#keys) {
      this.#touched.add(key)
      setIn(this.#gone, key, this.#isGone(key))
    }

    this.#isStale = false
    this.#persons.clear()
    this.#keys.clear()
  }

  #isGone (key: Key): boolean {
    const persons = personsNamed(this.#scope, key)

    return persons.length > 0 && ![...this.#scope.graph.personsOf(key)].some((id) => {
      const other = this.#scope.graph.person(id)

      return other != null && this.#scope.membershipOf(id) != null && keyStands(this.#scope, other, key)
    })
  }
}

function setIn <T> (set: Set<T>, item: T, isIn: boolean): void {
  if (isIn) {
    set.add(item)
  } else {
    set.delete(item)
  }
}

/** Whose device a key was said to be; a recovery key is none. */
export function personsNamed ({ graph }: Pick<Scope, 'graph'>, key: Key): Person[] {
  return [...graph.personsOf(key)].flatMap(id => graph.person(id) ?? []).filter(person => key !== person.recovery && (key === person.first || person.links?.has(key) === true))
}

/** Keys that may stand for a person. */
function keysFor ({ first, recovery, links }: Person): Key[] {
  return [first, ...recovery == null ? [] : [recovery], ...links?.keys() ?? []]
}
