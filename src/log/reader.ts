/** What a log says: members, invitations, what is void and why. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { TypedEventEmitter } from 'main-event'
import { encode } from '../codec/index.js'
import { copyOf } from './app-data.js'
import { byLevel, isAncestor } from './entry.js'
import { currentRekeys, givenTo, indebted, newestRekeys, recipientsOf, rekeysBefore, rekeysOf } from './epochs.js'
import { classOf, keysOf, keyStands } from './keys.js'
import { decodeOp } from './op.js'
import { readable } from './datastore.js'
import { byClaim } from './seats.js'
import type { AnyGrant, GrantedMember } from './grant.js'
import type { Entry } from './entry.js'
import type { Void } from './evaluation.js'
import type { Person } from './person.js'
import type { History } from './history.js'
import type { InviteRecord, KeyRecord, KeyStanding, LogEvents, MemberChange, MemberRecord, Use } from './interface.js'
import type { Key, OpId, PersonId } from './kinds.js'
import type { AnyOp, Op } from './op.js'
import type { Membership } from './standing.js'

/** Ops that tell one that it is no member, at most. */
const MAX_ENDS = 16

/** Of a person's grants, and of what ended them, the newest that are looked at: who may sign them may sign any number. */
const MAX_LOOKED_AT = 64

export abstract class LogReader extends TypedEventEmitter<LogEvents> {
  protected abstract readonly history: History
  /** The grant by which this node joined, until its past is here. */
  protected abstract readonly grant: AnyGrant | undefined
  #shownInfo: { entry: Entry, op: AnyOp<'INFO'> } | undefined
  #current: { of: readonly Entry[], ids: readonly OpId[] } | undefined

  get heads (): OpId[] {
    return [...this.history.graph.heads].sort((a, b) => b.place - a.place).map(({ id }) => id)
  }

  /** Ops here. */
  get size (): number {
    return this.history.graph.end
  }

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

  invite (id: OpId): InviteRecord | undefined {
    const entry = this.history.graph.get(id)

    return entry?.kind === 'INVITE' ? this.#inviteRecord(entry) : undefined
  }

  /** A copy of what its inviter's app put into an INVITE: read from the op, since few ask. */
  dataOf (invite: OpId): Uint8Array | undefined {
    const op = this.get(invite)

    return op?.kind === 'INVITE' ? copyOf(op.payload.data) : undefined
  }

  * invites (): Iterable<InviteRecord> {
    for (const entry of this.history.graph.invites) {
      yield this.#inviteRecord(entry)
    }
  }

  /** Who joined by an invitation, and when, by its author's clock; first ones first, equal on replicas that agree. */
  usesOf (invite: OpId): Use[] {
    const { graph, view } = this.history
    const entry = graph.get(invite)
    const createdAt = entry?.terms?.createdAt ?? 0

    return (entry == null ? [] : graph.admitsOf(entry)).filter(admit => view.voidOf(admit) == null)
      .map(({ person = '', after = 0 }) => ({ person, at: createdAt + after }))
      .sort((a, b) => a.at - b.at || (a.person < b.person ? -1 : 1))
  }

  /** The party's name and picture now, where they were changed: of the latest INFOs in effect that of the highest level, then the lowest id. */
  info (): AnyOp<'INFO'> | undefined {
    const { graph, view: { info } } = this.history
    const admit = this.grant?.admit.kind === 'ADMIT' ? this.grant.admit.payload.info : undefined

    // while the log is not here, what the Grant showed
    if (admit != null && !graph.has(admit)) {
      return this.grant?.ops.find((op): op is AnyOp<'INFO'> => op.kind === 'INFO' && op.id === admit)
    }

    // decoded once: it is read at each look at the party's name
    if (info !== this.#shownInfo?.entry) {
      this.#shownInfo = info == null ? undefined : { entry: info, op: opOf(info) as AnyOp<'INFO'> }
    }

    return this.#shownInfo?.op
  }

  /** REKEYs in effect that no later one follows, by id: several where they were concurrent. */
  rekeys (): Array<AnyOp<'REKEY'>> {
    return currentRekeys(this.history).map(entry => opOf(entry) as AnyOp<'REKEY'>)
  }

  /** Their ids: the same list until it changes. */
  rekeyIds (): readonly OpId[] {
    const of = currentRekeys(this.history)

    if (this.#current?.of !== of) {
      this.#current = { of, ids: of.map(({ id }) => id) }
    }

    return this.#current.ids
  }

  /** All REKEYs, void ones too, parents first. */
  allRekeys (): OpId[] {
    return rekeysOf(this.history).map(({ id }) => id)
  }

  /** The last of these, at most so many. */
  newestRekeys (most: number): OpId[] {
    return newestRekeys(this.history, most).map(({ id }) => id)
  }

  /** Is an op in another one's past? Both are here. */
  isBefore (one: OpId, other: OpId): boolean {
    const { graph } = this.history
    const [a, b] = [graph.get(one), graph.get(other)]

    return a != null && b != null && isAncestor(a, b)
  }

  /**
   * Which REKEYs' secrets a key is given that asks: none, where it stands for no member.
   *
   * @param withHistory - Also those that were not current any more when its member was admitted
   */
  givenTo (key: Key, withHistory: boolean): (rekey: OpId) => boolean {
    const { view, graph } = this.history
    const memberships = this.membersOf(key).map(({ person }) => view.membershipOf(person) as Membership)
    const isGiven = withHistory ? () => memberships.length > 0 : givenTo(this.history, memberships)

    return (id) => {
      const entry = graph.get(id)

      return entry?.kind === 'REKEY' && isGiven(entry)
    }
  }

  /** What was current before REKEYs that are here: their ids. */
  rekeysBefore (rekeys: readonly OpId[]): OpId[] {
    return rekeysBefore(this.history, rekeys.flatMap(id => this.history.graph.get(id) ?? [])).map(({ id }) => id)
  }

  /** Members' keys, 8 each at most, as they stood before a REKEY that is here; missing: as they stand now. */
  recipients (rekey?: OpId): Key[] {
    return recipientsOf(this.history, rekey == null ? undefined : this.history.graph.get(rekey))
  }

  /** A key that may know a current secret and stands for no member; undefined: no REKEY is owed. */
  indebted (): Key | undefined {
    return indebted(this.history)
  }

  /** Why an op here has no effect; undefined: it has. */
  voidOf (id: OpId): Void | undefined {
    const entry = this.history.graph.get(id)

    return entry == null ? undefined : this.history.view.voidOf(entry)
  }

  /** Authorised ops that have no effect, and why. */
  voids (): ReadonlyMap<OpId, Void> {
    return new Map([...this.history.view.lost].map(([{ id }, lost]) => [id, lost]))
  }

  /** Authors that forked their own chain, and the first two ops that show it. */
  forks (): ReadonlyMap<Key, [OpId, OpId]> {
    return this.history.graph.chains.forks
  }

  /** Equal on replicas that agree on members, roles, keys and invitations: SHA-256, hex. */
  stateHash (): string {
    const { view, graph } = this.history
    const members = [...view.members].map(([id, { level, role }]) => [id, level, role, keysOf(view, graph.person(id) as Person)]).sort(byFirst)
    const invites = graph.invites.map(entry => [entry.id, [...view.usedBy(entry)].sort(), view.revokeOf(entry)?.id ?? null, view.voidOf(entry) != null]).sort(byFirst)

    return bytesToHex(sha256(encode([members, invites])))
  }

  /** Is this op kept? */
  has (id: OpId): boolean {
    return this.history.graph.has(id)
  }

  get (id: OpId): Op | undefined {
    const entry = this.history.graph.get(id)

    return entry == null ? undefined : opOf(entry)
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

  #inviteRecord (entry: Entry): InviteRecord {
    const { view, graph } = this.history
    const { id, author, speaker, role = 'reader', terms = { lookupId: '', uses: 0, hosts: [], createdAt: 0, expiresAt: 0 } } = entry
    const revoke = view.revokeOf(entry)
    const usedBy = graph.kind === 'person' ? [...new Set(graph.linksOf(entry).filter(link => view.counts(link)).map(({ key = '' }) => key))] : [...view.usedBy(entry)]

    return { id, author, speaker, role, ...terms, usedBy, ...(revoke == null ? {} : { revokedBy: revoke.id }) }
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

/** A kept op, whole. @throws {StorageError} The store does not hold what its id says. */
export function opOf ({ id, signed }: Entry): Op {
  return readable(() => {
    const op = decodeOp(signed)

    if (op.id !== id || op.kind === 'UNKNOWN') {
      throw new RangeError('A stored op is not what its id says')
    }

    return op
  })
}

function byFirst ([a]: unknown[], [b]: unknown[]): number {
  return String(a) < String(b) ? -1 : 1
}
