/** Whom a log shows as members, by which keys, and what ended those who are none any more. */
import { TypedEventEmitter } from 'main-event'
import { byLevel, isAncestor } from './entry.js'
import { classOf, keysOf, keyStands } from './keys.js'
import { opOf } from './kept-op.js'
import { byClaim } from './seats.js'
import type { AnyGrant, GrantedMember } from './grant.js'
import type { Entry } from './entry.js'
import type { Void } from './evaluation.js'
import type { Person } from './person.js'
import type { History } from './history.js'
import type { KeyRecord, KeyStanding, LogEvents, MemberChange, MemberRecord } from './interface.js'
import type { Key, OpId, PersonId } from './kinds.js'
import type { AnyOp } from './op.js'
import type { Membership } from './standing.js'

/** Ops that tell one that it is no member, at most. */
const MAX_ENDS = 16

/** Of a person's grants, and of what ended them, the newest that are looked at: who may sign them may sign any number. */
const MAX_LOOKED_AT = 64

export abstract class MemberReader extends TypedEventEmitter<LogEvents> {
  protected abstract readonly history: History
  /** The grant by which this node joined, until its past is here. */
  protected abstract readonly grant: AnyGrant | undefined

  /** Is the past of this node's own admission here? */
  get synced (): boolean {
    return this.grant == null
  }

  get memberCount (): number {
    return this.history.view.members.size + this.#shown().length
  }

  /** Members now; while the log is not synced, also those that the Grant shows. */
  * members (): Iterable<MemberRecord> {
    for (const [id, membership] of this.history.view.members) {
      yield this.#record(id, membership)
    }

    yield * this.#shown()
  }

  /** A member by its person, or by a key that stands for it; of several the first of `membersOf`. */
  member (id: string): MemberRecord | undefined {
    const membership = this.history.view.membershipOf(id)

    return membership == null ? this.membersOf(id)[0] ?? this.#shownBy(id) : this.#record(id, membership)
  }

  /** All members for which a key stands, by `byClaim`. */
  membersOf (key: Key): MemberRecord[] {
    const { view, graph } = this.history
    const members = [...graph.personsOf(key)].flatMap((id) => {
      const membership = view.membershipOf(id)

      return membership != null && keyStands(view, graph.person(id) as Person, key) ? [this.#record(id, membership)] : []
    })

    return members.length < 2 ? members : members.sort(byClaim(key))
  }

  /** Keys that stand for a person, its recovery key left out: the first one first, then by class. While the log is not synced, also those that the Grant shows. */
  keysOf (id: PersonId): Key[] {
    const person = this.history.graph.person(id)
    const standing = person == null ? [] : keysOf(this.history.view, person)
    const shown = this.#granted().find(({ person: other }) => other === id)

    return shown == null ? standing : [...new Set([...standing, ...shown.keys])]
  }

  /** All keys that were ever named for a person, but its recovery key: the first one first, then in the order of their LINKs here. */
  keyRecordsOf (id: PersonId): KeyRecord[] {
    const { graph, view } = this.history
    const person = graph.person(id)

    return person == null ? [] : [...new Set([person.first, ...person.links?.keys() ?? []])].filter(key => key !== person.recovery).map((key) => {
      const linkedBy = (person.links?.get(key) ?? []).filter(link => view.counts(link)).map(({ author }) => author)
      const own = classOf(view, person, key)

      return { key, ...(own == null ? {} : { class: own }), stands: keyStands(view, person, key), linkedBy }
    })
  }

  /** The LINK in effect by which a key stands for a member: of several that of the smallest class. */
  linkOf (key: Key): AnyOp<'LINK'> | undefined {
    const { graph, view } = this.history
    const links = this.membersOf(key).flatMap(({ person }) => graph.person(person)?.links?.get(key) ?? []).filter(link => view.counts(link))
    const [first] = links.sort((a, b) => a.class - b.class || a.place - b.place)

    return first == null ? undefined : opOf(first) as AnyOp<'LINK'>
  }

  /** The first key of a person of whom the log tells, a member or not. */
  firstKeyOf (id: PersonId): Key | undefined {
    return this.history.graph.person(id)?.first ?? this.grant?.members.find(({ person }) => person === id)?.key
  }

  /** The recovery key of a person of whom the log tells, a member or not. */
  recoveryOf (id: PersonId): Key | undefined {
    return this.history.graph.person(id)?.recovery
  }

  /** The persons for whom a key was ever named, members or not. */
  personsOf (key: Key): PersonId[] {
    return [...this.history.graph.personsOf(key)].sort()
  }

  /** All persons of whom the log tells, members or not. */
  * persons (): Iterable<PersonId> {
    for (const { id } of this.history.graph.persons()) {
      yield id
    }
  }

  /** What a key is to this party, for who asks with it. */
  standingOf (key: Key): KeyStanding {
    const { graph, view } = this.history
    const own = this.member(key)

    if (own != null) {
      return { is: 'member', person: own.person }
    }

    const persons = [...graph.personsOf(key)].map(id => graph.person(id) as Person)
    const ends = persons.flatMap(person => this.#endsOf(person, key))
    const lost = persons.flatMap(({ admits }) => admits).flatMap(admit => view.voidOf(admit) == null ? [] : [{ admit, why: view.voidOf(admit) as Void }])
      .sort((a, b) => byLevel(a.admit, b.admit))[0]

    if (ends.length === 0 && lost != null) {
      return { is: 'void', because: lost.why.reason, ops: [lost.admit.id, ...lost.why.because == null ? [] : [lost.why.because]] }
    }

    // of who only ever was linked by a void LINK, nothing is known
    return persons.length === 0 ? { is: 'stranger' } : { is: 'removed', ops: ends.sort((a, b) => b.place - a.place).slice(0, MAX_ENDS).map(({ id }) => id) }
  }

  /** What ended a person's membership, newest first; none of a member. */
  endsOf (id: PersonId): OpId[] {
    const person = this.history.graph.person(id)
    const ends = person == null || this.history.view.membershipOf(id) != null ? [] : this.#endsOf(person, '')

    return ends.sort((a, b) => b.place - a.place).slice(0, MAX_ENDS).map(({ id }) => id)
  }

  /**
   * What ended a person's membership, or its key's part in it: not what lies before a later grant, and not what came on
   * top of another end. So who is shown it learns nothing that was written after it had gone.
   */
  #endsOf (person: Person, key: Key): Entry[] {
    const { view } = this.history
    const newest = (entries: Entry[]): Entry[] => entries.filter(entry => view.voidOf(entry) == null).sort((a, b) => b.place - a.place).slice(0, MAX_LOOKED_AT)
    const words = person.words.flatMap(({ list }) => list)
    const grants = newest(words.filter(({ kind }) => kind !== 'REMOVE'))
    const gone = newest([...words.filter(({ kind }) => kind === 'REMOVE'), ...person.leaves]).filter(end => !grants.some(grant => isAncestor(end, grant)))
    const ends = [...gone, ...newest(person.unlinks?.get(key) ?? [])]

    return ends.filter(end => !ends.some(other => isAncestor(other, end)))
  }

  protected changed (person: PersonId): MemberChange {
    const { first, recovery, links } = this.history.graph.person(person) ?? { first: this.firstKeyOf(person) }
    const member = this.member(person)

    return { person, keys: [...first == null ? [] : [first], ...recovery == null ? [] : [recovery], ...links?.keys() ?? []], ...(member == null ? {} : { member }) }
  }

  #record (id: PersonId, { role, level, grant, admit }: Membership): MemberRecord {
    const { first, recovery } = this.history.graph.person(id) as Person

    return {
      person: id,
      key: first,
      ...(recovery == null ? {} : { recovery }),
      role,
      level,
      ...(grant == null ? {} : { grant: grant.id }),
      ...(admit == null ? {} : { admit: admit.id, invitedBy: admit.speaker })
    }
  }

  /** The members that an unsettled Grant shows, and who are not here yet. */
  #shown (): MemberRecord[] {
    return this.#granted().filter(({ person }) => this.history.view.membershipOf(person) == null).map(({ admit, keys, ...member }) => admit == null ? member : { ...member, admit, grant: admit })
  }

  /** A member by its person, or by a key, as an unsettled Grant shows it: who invited may be a device whose LINK is not here yet. */
  #shownBy (id: string): MemberRecord | undefined {
    const granted = this.#granted().find(({ person, keys }) => person === id || keys.includes(id))
    const membership = granted == null ? undefined : this.history.view.membershipOf(granted.person)

    return granted == null || membership == null ? this.#shown().find(({ person }) => person === granted?.person) : this.#record(granted.person, membership)
  }

  /** What an unsettled Grant shows, but for keys of which the log knows better: they were unlinked. */
  #granted (): GrantedMember[] {
    const { graph } = this.history

    return (this.grant?.members ?? []).map(member => ({ ...member, keys: member.keys.filter(key => graph.person(member.person)?.unlinks?.has(key) !== true) }))
  }
}
