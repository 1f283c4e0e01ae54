/** Who came, went, or has another role: what the log says now, beside what it said before. */
import type { MemberChange, MembershipLog, PersonId, Role } from '../log/index.js'

export interface RoleChange {
  person: PersonId
  /** undefined: was none. */
  before: Role | undefined
  /** undefined: is none any more. */
  after: Role | undefined
}

export class MemberChanges {
  readonly #log: MembershipLog
  /** Roles when last looked; undefined while the log still comes in: what it brings is history. */
  #roles: Map<PersonId, Role> | undefined

  constructor (log: MembershipLog) {
    this.#log = log
    this.reset()
  }

  /** Begins anew: what was before is history. */
  reset (): void {
    this.#roles = this.#log.synced ? new Map([...this.#log.members()].map(({ person, role }) => [person, role])) : undefined
  }

  /** What of these changes is one of membership or role. */
  take (changes: readonly MemberChange[]): RoleChange[] {
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

      return before === after ? [] : [{ person, before, after }]
    })
  }
}
