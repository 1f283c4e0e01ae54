/** Who came, went, has another role or other devices: what the log says now, beside what it said before. */
import type { Key, MemberChange, MembershipLog, PersonId, Role } from '../log/index.js'

export interface SeatChange {
  person: PersonId
  /** undefined: was none. */
  before: Role | undefined
  /** undefined: is none any more. */
  after: Role | undefined
  /** Keys that stand for it now and did not before, and the other way round: of who stays a member. */
  linked: Key[]
  unlinked: Key[]
}

export class MemberChanges {
  readonly #log: MembershipLog
  /** Roles when last looked; undefined while the log still comes in: what it brings is history. */
  #roles: Map<PersonId, Role> | undefined
  /** Keys when last looked, of those members who have others than their first one. */
  readonly #keys = new Map<PersonId, readonly Key[]>()

  constructor (log: MembershipLog) {
    this.#log = log
    this.reset()
  }

  /** Begins anew: what was before is history. */
  reset (): void {
    this.#keys.clear()
    this.#roles = undefined

    if (this.#log.synced) {
      this.#roles = new Map([...this.#log.members()].map(({ person, role }) => [person, role]))
      this.#roles.forEach((_, person) => { this.#keep(person, this.#log.keysOf(person)) })
    }
  }

  /** What of these changes is one of membership, role or keys. */
  take (changes: readonly MemberChange[]): SeatChange[] {
    const roles = this.#roles

    if (roles == null || !this.#log.synced) {
      this.reset()

      return []
    }

    return changes.flatMap(({ person, member }) => {
      const [before, after] = [roles.get(person), member?.role]

      if (after == null) {
        roles.delete(person)
      } else {
        roles.set(person, after)
      }

      const had = new Set(this.#keysOf(person))
      const has = new Set(after == null ? [] : this.#log.keysOf(person))
      this.#keep(person, [...has])
      const stayed = before != null && after != null
      const linked = stayed ? [...has].filter(key => !had.has(key)) : []
      const unlinked = stayed ? [...had].filter(key => !has.has(key)) : []

      return before === after && linked.length + unlinked.length === 0 ? [] : [{ person, before, after, linked, unlinked }]
    })
  }

  #keysOf (person: PersonId): readonly Key[] {
    const first = this.#log.firstKeyOf(person)

    return this.#keys.get(person) ?? (first == null ? [] : [first])
  }

  /** Of members, the first key alone goes without saying; who is none has none. */
  #keep (person: PersonId, keys: readonly Key[]): void {
    if (this.#roles?.has(person) !== true || (keys.length === 1 && keys[0] === this.#log.firstKeyOf(person))) {
      this.#keys.delete(person)
    } else {
      this.#keys.set(person, keys)
    }
  }
}
