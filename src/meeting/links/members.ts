/** A membership log as meeting needs it: whose a key is, and who is above. */
import { MAX_KEYS } from './constants.js'
import type { Key, MemberRecord, MembershipLog, OpId, PersonId } from '../../log/index.js'
import type { Scope } from './addresses.js'
import type { Meetable } from './interface.js'
import type { Kin } from './party-links.js'

export class PartyMembers implements Meetable {
  readonly #log: MembershipLog
  readonly #hosts: Set<PersonId>
  readonly #names: () => readonly string[]

  /**
   * @param signal - Ends it
   * @param names - Under which the party is found at a rendezvous
   */
  constructor (log: MembershipLog, signal: AbortSignal, names: () => readonly string[] = () => []) {
    this.#log = log
    this.#names = names
    this.#hosts = new Set([...log.members()].filter(isHost).map(({ person }) => person))
    log.addEventListener('members', ({ detail }) => {
      for (const { person, member } of detail) {
        if (member != null && isHost(member)) {
          this.#hosts.add(person)
        } else {
          this.#hosts.delete(person)
        }
      }
    }, { signal })
  }

  get key (): OpId { return this.#log.key }
  get self (): Key { return this.#log.self }
  /** Members of a community are strangers. */
  get scope (): Scope { return scopeOf(this.#log) }
  get size (): number { return this.#log.memberCount }
  get hosts (): number { return this.#hosts.size }
  get names (): readonly string[] { return this.#names() }

  kinOf (key: Key): Kin | undefined {
    const members = this.#membersOf(key)

    // strangers are asked about all the time
    if (!members.some(member => this.#keysOf(member).includes(key))) {
      return undefined
    }

    const own = this.#membersOf(this.self)

    // who is none itself is refused by all
    if (own.length === 0) {
      return undefined
    }

    return members.some(({ person }) => own.some(self => self.person === person)) ? 'sibling' : members.some(isHost) ? 'host' : 'other'
  }

  siblingsOf (key: Key): Key[] {
    return this.#membersOf(key).flatMap(member => this.#keysOf(member))
  }

  /** While the log is not here, also whom the Grant shows. */
  #membersOf (key: Key): MemberRecord[] {
    const members = this.#log.membersOf(key)
    const shown = members.length === 0 ? this.#log.member(key) : undefined

    return shown == null ? members : [shown]
  }

  /** A person may link any number of keys. */
  #keysOf ({ person, key }: MemberRecord): Key[] {
    const keys = this.#log.keysOf(person)

    return keys.length === 0 ? [key] : keys.slice(0, MAX_KEYS)
  }
}

function isHost ({ role }: MemberRecord): boolean {
  return role === 'owner' || role === 'admin'
}

/** In a community nobody is told of private addresses. */
export function scopeOf ({ kind }: Pick<MembershipLog, 'kind'>): Scope {
  return kind === 'community' ? 'public' : 'all'
}
