/**
 * What all ops here mean now: members, invitations, and what is void and why. It
 * goes on by one op at a time: one that has all else in its past costs the same
 * at any size; one beside others re-evaluates what it can affect.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { encode } from '../codec/index.js'
import { Belief } from './belief.js'
import { isGrant } from './fact.js'
import type { Seat, Void } from './belief.js'
import type { Fact } from './fact.js'
import type { Graph } from './graph.js'
import type { MemberKey, OpId, Role } from './op.js'

export interface MemberRecord {
  key: MemberKey
  role: Role
  /** The op that decides the role; undefined for the owners of GENESIS. */
  grant?: OpId
  /** The ADMIT that this member came by, and its author. */
  admit?: OpId
  invitedBy?: MemberKey
}

export interface InviteRecord {
  id: OpId
  author: MemberKey
  lookupId: string
  role: Role
  uses: number
  /** Members that its ADMITs in effect brought. */
  usedBy: MemberKey[]
  /** ms since 1970, told by its author. */
  createdAt: number
  /** ms since 1970; 0: never. */
  expiresAt: number
  target?: MemberKey
  revokedBy?: OpId
}

/** One ADMIT in effect. */
export interface Use {
  member: MemberKey
  /** ms since 1970, told by the INVITE's author. */
  at: number
}

/** What an op changed in the view. */
export interface Change {
  /** Members that came, went or changed. */
  members: Set<MemberKey>
  /** Ops whose effect was lost, or came back (undefined), or is lost for another reason. */
  voids: Map<Fact, Void | undefined>
}

export class View extends Belief {
  /** Kept by hand, so that a member costs one entry. */
  readonly #members = new Map<MemberKey, Seat>()
  readonly #invites = new Map<OpId, InviteRecord>()
  readonly #lost = new Map<Fact, Void>()

  /** The view of a graph that holds its GENESIS alone. */
  constructor (graph: Graph) {
    super(graph)
    graph.owners.forEach(key => { this.#members.set(key, { role: 'owner', grant: graph.at(0) as Fact }) })
  }

  get memberCount (): number {
    return this.#members.size
  }

  * members (): Iterable<MemberRecord> {
    for (const [key, seat] of this.#members) {
      yield memberRecord(key, seat)
    }
  }

  member (key: MemberKey): MemberRecord | undefined {
    const seat = this.#members.get(key)

    return seat == null ? undefined : memberRecord(key, seat)
  }

  invite (id: OpId): Readonly<InviteRecord> | undefined {
    return this.#invites.get(id)
  }

  invites (): Iterable<Readonly<InviteRecord>> {
    return this.#invites.values()
  }

  usesOf (invite: Fact | undefined): Use[] {
    const createdAt = invite?.terms?.createdAt ?? 0

    return invite == null
      ? []
      : this.admitsOf(invite)
          .filter(fact => fact.invite === invite && !this.#lost.has(fact))
          .map(({ member = '', after = 0 }) => ({ member, at: createdAt + after }))
          .sort((a, b) => a.at - b.at || (a.member < b.member ? -1 : 1))
  }

  get lost (): ReadonlyMap<Fact, Void> {
    return this.#lost
  }

  override voidOf (fact: Fact): Void | undefined {
    return this.#lost.get(fact)
  }

  override seatOf (member: MemberKey): Seat | undefined {
    return this.#members.get(member)
  }

  override usedOf (invite: Fact): number {
    return this.isContact
      ? this.admitsOf(invite).filter(fact => !this.#lost.has(fact)).length
      : this.#invites.get(invite.id)?.usedBy.length ?? 0
  }

  /** Takes in an op that the graph has just taken in. */
  take (fact: Fact, extending: boolean): Change {
    return extending ? this.#extend(fact) : this.#disturb(fact)
  }

  /** Takes in, from the store, what was taken in before; `settle` follows. */
  restore (fact: Fact, lost: Void | undefined): void {
    if (lost != null) {
      this.#lost.set(fact, lost)
    }

    this.#note(fact, lost == null)
  }

  /** After all are restored. */
  settle (): void {
    const counted = new Set<MemberKey>()

    for (const { member } of this.graph.facts()) {
      if (member != null && !counted.has(member)) {
        counted.add(member)

        if (this.graph.about(member).length > 1) {
          this.#seat(member)
        }
      }
    }
  }

  /** Lets go of a void op that the graph forgot. */
  forget (fact: Fact): void {
    this.#lost.delete(fact)
  }

  /** Equal on replicas that agree: SHA-256 over members, roles and invitations, hex. */
  hash (): string {
    const members = [...this.#members].map(([key, { role }]) => [key, role]).sort(byFirst)
    const invites = [...this.#invites.values()].map(({ id, usedBy, revokedBy }) => [id, [...usedBy].sort(), revokedBy ?? null, this.#lost.has(this.graph.get(id) as Fact)]).sort(byFirst)

    return bytesToHex(sha256(encode([members, invites])))
  }

  #extend (fact: Fact): Change {
    this.#note(fact, true)

    return { members: new Set(fact.member == null ? [] : [fact.member]), voids: new Map() }
  }

  /** What an op in effect does when all else is in its past. */
  #note (fact: Fact, counts: boolean): void {
    const { id, kind, author, member, invite, role, terms } = fact

    if (kind === 'INVITE' && role != null && terms != null) {
      this.#invites.set(id, { id, author, role, usedBy: [], ...terms })
    }

    const record = this.#invites.get(invite?.id ?? '')

    if (counts && kind === 'ADMIT' && member != null) {
      record?.usedBy.push(member)
    }

    if (counts && kind === 'REVOKE' && record != null && (record.revokedBy == null || id < record.revokedBy)) {
      record.revokedBy = id
    }

    if (counts && member != null) {
      const seat = isGrant(fact) ? this.seatAfter(fact) : undefined
      this.#place(member, seat)
    }
  }

  #place (member: MemberKey, seat: Seat | undefined): void {
    if (seat == null) {
      this.#members.delete(member)
    } else {
      this.#members.set(member, seat)
    }
  }

  /** Rule 4 anew for one member; says whether it changed. */
  #seat (member: MemberKey): boolean {
    const before = this.#members.get(member)
    const after = this.findSeat(member)

    if (before?.role === after?.role && before?.grant === after?.grant && before?.admit === after?.admit) {
      return false
    }

    this.#place(member, after)

    return true
  }

  /**
   * An op beside others. What depends on what changed is judged anew until
   * nothing changes; that ends, because dependence has no cycle.
   */
  #disturb (fact: Fact): Change {
    const had = new Map<Fact, Void | undefined>()
    const members = new Set<MemberKey>()
    const invites = new Set<Fact>()
    const queue = new Set<Fact>()

    if (fact.kind === 'INVITE') {
      this.#note(fact, true)
    }

    if (this.#fits(fact)) {
      const verdict = this.blocked(fact)

      if (verdict == null) {
        this.#invites.get(fact.invite?.id ?? '')?.usedBy.push(fact.member ?? '')
      } else {
        had.set(fact, undefined)
        this.#lost.set(fact, verdict)
      }

      this.#touchMember(fact, queue, members)
    } else {
      queue.add(fact)
      this.#touch(fact, queue, members, invites)
    }

    for (const next of queue) {
      queue.delete(next)
      const verdicts = next.kind === 'ADMIT' && next.invite != null ? this.verdictsOf(next.invite) : new Map([[next, this.judge(next)]])

      // the ADMITs of one INVITE are judged together, once for all that were queued
      for (const judged of verdicts.keys()) {
        queue.delete(judged)
      }

      for (const [judged, verdict] of verdicts) {
        const before = this.#lost.get(judged)

        if (isSame(before, verdict)) {
          continue
        }

        had.set(judged, had.has(judged) ? had.get(judged) : before)

        if (verdict == null) {
          this.#lost.delete(judged)
        } else {
          this.#lost.set(judged, verdict)
        }

        if ((before == null) !== (verdict == null)) {
          this.#touch(judged, queue, members, invites)
        }
      }
    }

    const changed = [...members].filter(member => this.#seat(member))
    invites.forEach(invite => { this.#recount(invite) })

    const judgedAnew = [...had].filter(([judged, before]) => !isSame(before, this.#lost.get(judged))).map(([judged]) => judged)

    return { members: new Set(changed), voids: new Map(judgedAnew.map(judged => [judged, this.#lost.get(judged)])) }
  }

  /** An ADMIT that takes no other's turn: whatever it is, the others of its INVITE stay as they are. */
  #fits ({ kind, invite, member, place }: Fact): boolean {
    return kind === 'ADMIT' && invite != null && !this.isContact && this.usedOf(invite) < (invite.terms?.uses ?? 0) &&
      !this.graph.about(member ?? '').some(other => other.place !== place && other.invite === invite)
  }

  /** Puts into the queue what the presence or the verdict of this op can change. */
  #touch (fact: Fact, queue: Set<Fact>, members: Set<MemberKey>, invites: Set<Fact>): void {
    this.#touchMember(fact, queue, members)
    const invite = fact.kind === 'INVITE' ? fact : fact.invite

    if (fact.invite != null) {
      invites.add(fact.invite)
    }

    // the ADMITs of an INVITE are judged together: one stands for all
    const admit = invite == null ? undefined : this.graph.admitsOf(invite)[0]

    if (admit != null && admit !== fact) {
      queue.add(admit)
    }
  }

  #touchMember (fact: Fact, queue: Set<Fact>, members: Set<MemberKey>): void {
    const { kind, author, member } = fact

    if (member == null) {
      return
    }

    members.add(member)
    const byOwner = this.graph.isOwner(author)
    // beside an owner's op, on a grant, or one of several LEAVEs
    const about = this.graph.about(member).filter(other => kind === 'LEAVE' || byOwner || other.kind === 'SET_ROLE' || other.kind === 'LEAVE')
    const by = byOwner && (isGrant(fact) || kind === 'REMOVE') ? this.graph.by(member) : []

    for (const other of [...about, ...by]) {
      if (other !== fact) {
        queue.add(other)
      }
    }
  }

  #recount (invite: Fact): void {
    const record = this.#invites.get(invite.id)

    if (record != null) {
      record.usedBy = this.admitsOf(invite).filter(fact => fact.invite === invite && !this.#lost.has(fact)).map(({ member }) => member ?? '')
      record.revokedBy = this.revokeOf(invite)?.id
    }
  }
}

function isSame (a: Void | undefined, b: Void | undefined): boolean {
  return a?.reason === b?.reason && a?.because === b?.because
}

function memberRecord (key: MemberKey, { role, grant, admit }: Seat): MemberRecord {
  return {
    key,
    role,
    ...(grant.kind === 'GENESIS' ? {} : { grant: grant.id }),
    ...(admit == null ? {} : { admit: admit.id, invitedBy: admit.author })
  }
}

function byFirst ([a]: unknown[], [b]: unknown[]): number {
  return String(a) < String(b) ? -1 : 1
}
