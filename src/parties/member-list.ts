/** A party's members as apps see them, owners first: kept as changes come, so that one change costs the same in any party. */
import { placeOf } from '../log/sorted.js'
import { peerIdOf, ROLES } from '../log/terms.js'
import { speakersFor } from './speakers.js'
import type { Member, Profile } from '../interface/index.js'
import type { Key, MemberRecord, MembershipLog, PersonId } from '../log/index.js'
import type { Speakers } from './signed-records.js'
import type { PeerId } from '@libp2p/interface'

interface Row {
  person: PersonId
  /** The place of its role. */
  rank: number
  /** Among those of its role: whoever came first stands first. */
  order: number
  member: Member
}

/** With as many changes as one in so many rows all are sorted again: else each is put in its place. */
const SHARE = 8

export class MemberList {
  readonly #log: MembershipLog
  readonly #profiles: { of: (speakers: Speakers) => Profile }
  readonly #isOnline: (person: PersonId) => boolean
  #rows: Row[] = []
  #all: readonly Member[] = []
  readonly #byPerson = new Map<PersonId, Row>()
  /** Who is to be looked at again; undefined: all. */
  #stale: Set<PersonId> | undefined
  #wasSynced = false
  #arrivals = 0

  /**
   * @param profiles - What members show in this party
   * @param isOnline - Is this node connected with this person?
   */
  constructor (log: MembershipLog, profiles: { of: (speakers: Speakers) => Profile }, isOnline: (person: PersonId) => boolean) {
    this.#log = log
    this.#profiles = profiles
    this.#isOnline = isOnline
    log.addEventListener('members', ({ detail }) => { detail.forEach(({ person }) => this.#stale?.add(person)) })
  }

  /** Members now: the same array until one of them changes. */
  get all (): readonly Member[] {
    const { synced } = this.#log

    // those that an unsettled Grant showed may not be there any more
    if (this.#stale == null || (synced && !this.#wasSynced)) {
      this.#readAll()
    } else if (this.#stale.size > 0) {
      this.#readAgain([...this.#stale])
    }

    this.#wasSynced = synced
    this.#stale = new Set()

    return this.#all
  }

  /** The log is another one now: all are read anew. */
  reset (): void {
    this.#stale = undefined
  }

  /** Somebody came online, or went. */
  met (person: PersonId): void {
    this.#stale?.add(person)
  }

  /** A key shows another profile. Whose is it? False: nobody's here. */
  showed (key: Key): boolean {
    const persons = this.#log.membersOf(key)
    persons.forEach(({ person }) => this.#stale?.add(person))

    return persons.length > 0
  }

  #readAll (): void {
    const before = new Map(this.#byPerson)
    this.#byPerson.clear()
    this.#rows = [...this.#log.members()].map(record => this.#rowOf(record, before.get(record.person)))
    this.#sort()
  }

  #readAgain (persons: PersonId[]): void {
    if (persons.length * SHARE > this.#rows.length) {
      persons.forEach((person) => { this.#read(person) })
      this.#rows = [...this.#byPerson.values()]
      this.#sort()

      return
    }

    const all = [...this.#all]

    for (const person of persons) {
      const [before, after] = this.#read(person)

      if (before != null) {
        const place = placeOf(this.#rows, before, byPlace)
        this.#rows.splice(place, 1)
        all.splice(place, 1)
      }

      if (after != null) {
        const place = placeOf(this.#rows, after, byPlace)
        this.#rows.splice(place, 0, after)
        all.splice(place, 0, after.member)
      }
    }

    this.#all = all
  }

  /** @returns The row of a person before and now */
  #read (person: PersonId): [Row | undefined, Row | undefined] {
    const before = this.#byPerson.get(person)
    const record = this.#log.member(person)
    this.#byPerson.delete(person)

    return [before, record == null ? undefined : this.#rowOf(record, before)]
  }

  #sort (): void {
    this.#rows.sort(byPlace)
    this.#all = this.#rows.map(({ member }) => member)
  }

  /** A member now. */
  get (person: PersonId): Member | undefined {
    return this.all.length === 0 ? undefined : this.#byPerson.get(person)?.member
  }

  /** A member as apps see it: now, or with the role that it had. */
  memberOf ({ person, key, role, invitedBy }: Pick<MemberRecord, 'person' | 'key' | 'role' | 'invitedBy'>, peerId: PeerId = peerIdOf(key)): Member {
    const keys = this.#log.keysOf(person)

    return {
      id: person,
      peerId,
      devices: keys.map(other => other === key ? peerId : peerIdOf(other)),
      role,
      profile: this.#profiles.of(speakersFor(this.#log, person, key)),
      invitedBy: invitedBy == null ? undefined : this.#peerOf(invitedBy),
      self: keys.includes(this.#log.self),
      online: this.#isOnline(person)
    }
  }

  #rowOf (record: MemberRecord, before?: Row): Row {
    const row: Row = {
      person: record.person,
      rank: ROLES.indexOf(record.role),
      order: before?.order ?? this.#arrivals++,
      member: this.memberOf(record, before?.member.peerId)
    }
    this.#byPerson.set(record.person, row)

    return row
  }

  #peerOf (person: PersonId): PeerId | undefined {
    const key = this.#log.firstKeyOf(person)

    return this.#byPerson.get(person)?.member.peerId ?? (key == null ? undefined : peerIdOf(key))
  }
}

function byPlace (a: Row, b: Row): number {
  return a.rank - b.rank || a.order - b.order
}
