/**
 * What is in effect within a part of the log that is closed under parents (DESIGN
 * section 6, rules 2 to 7). Evaluation runs down only: owners' words, then
 * admins' standing, then removals, then uses; no cycle can arise.
 */
import { isGrant } from './fact.js'
import { areBeside, isBefore, rankOf } from './graph.js'
import { contains } from './past.js'
import { decodeOp } from './op.js'
import type { Fact } from './fact.js'
import type { Graph } from './graph.js'
import type { MemberKey, OpId, Role } from './op.js'
import type { Past } from './past.js'

/** Why an authorised op has no effect. */
export type VoidReason =
  /** Its invitation was revoked beside it. */
  | 'revoked'
  /** Its invitation had no use left (rule 5). */
  | 'uses'
  /** Its acceptance was spent by another ADMIT (DESIGN section 5: one ADMIT per acceptance). */
  | 'acceptance'
  /** Its invitation is itself void. */
  | 'invite-void'
  /** An owner removed its author beside it (rule 3). */
  | 'author-removed'
  /** An owner demoted its author beside it (rule 3). */
  | 'author-demoted'
  /** What made its author an admin is void (rule 3). */
  | 'author-void'
  /** An owner's op about the same member stands beside it (rule 3). */
  | 'owner-beside'
  /** A SET_ROLE of an admin with no grant in effect under it (rule 3). */
  | 'unfounded'
  /** Its author's other LEAVE of the same grant counts. */
  | 'repeated'

export interface Void {
  reason: VoidReason
  /** The op that voids it, where it is one. */
  because?: OpId
}

/** Why someone is a member. */
export interface Seat {
  role: Role
  /** The grant that decides; the GENESIS for its owners. */
  grant: Fact
  /** The ADMIT that this member came by, if it came by one. */
  admit?: Fact
}

export class Belief {
  protected readonly graph: Graph
  #scope: Past | undefined
  readonly #voids = new Map<Fact, Void | undefined>()
  readonly #seats = new Map<MemberKey, Seat | undefined>()
  readonly #counted = new Map<Fact, { turns: Map<Fact, Void | undefined>, used: number }>()

  /** @param scope - All that is in the graph if missing */
  constructor (graph: Graph, scope?: Past) {
    this.graph = graph
    this.#scope = scope
  }

  get isContact (): boolean {
    return this.graph.isContact
  }

  /** Is this op here? */
  has (fact: Fact): boolean {
    return this.#scope == null || contains(this.#scope, fact.place)
  }

  get (id: OpId): Fact | undefined {
    const fact = this.graph.get(id)

    return fact != null && this.has(fact) ? fact : undefined
  }

  /** Why an op that is here has no effect; undefined: it has. */
  voidOf (fact: Fact): Void | undefined {
    if (!this.#voids.has(fact)) {
      this.#voids.set(fact, this.judge(fact))
    }

    return this.#voids.get(fact)
  }

  seatOf (member: MemberKey): Seat | undefined {
    if (!this.#seats.has(member)) {
      this.#seats.set(member, this.findSeat(member))
    }

    return this.#seats.get(member)
  }

  /** How many ADMITs of an INVITE are in effect. */
  usedOf (invite: Fact): number {
    return this.#countedOf(invite).used
  }

  /** Takes in an authorised op whose past is all that is here: costs the same at any size. */
  extend (fact: Fact): void {
    this.#scope = this.#scope == null ? undefined : this.graph.onTop(this.#scope, fact)
    this.#voids.set(fact, undefined)

    if (this.isContact) {
      this.#counted.clear()
    } else if (fact.kind === 'ADMIT' && fact.invite != null) {
      const counted = this.#counted.get(fact.invite)

      if (counted != null) {
        counted.turns.set(fact, undefined)
        counted.used++
      }
    }

    if (fact.member != null) {
      this.#seats.set(fact.member, this.seatAfter(fact))
    }
  }

  /** ADMITs of an INVITE that are here; in a contact, of every INVITE. */
  admitsOf (invite: Fact): Fact[] {
    return this.graph.admitsOf(invite).filter(fact => this.has(fact))
  }

  #revokesOf (invite: Fact): Fact[] {
    return this.graph.revokesOf(invite).filter(fact => this.has(fact))
  }

  /** Every INVITE that is here; asked for in a contact only, which has few. */
  invitesSeen (): Fact[] {
    return [...this.graph.facts()].filter(fact => fact.kind === 'INVITE' && this.has(fact))
  }

  about (member: MemberKey): Fact[] {
    return this.graph.about(member).filter(fact => this.has(fact))
  }

  /** The REVOKE in effect of an INVITE, the lowest id if there are several. */
  revokeOf (invite: Fact): Fact | undefined {
    return lowest(this.#revokesOf(invite).filter(fact => this.voidOf(fact) == null))
  }

  /** The most that a member, now gone, left with by LEAVEs that no REMOVE came after. */
  leftWith (member: MemberKey): Role | undefined {
    const about = this.about(member)
    const removes = about.filter(fact => fact.kind === 'REMOVE' && this.voidOf(fact) == null)
    const roles = about.filter(fact => fact.kind === 'LEAVE' && !removes.some(remove => isBefore(fact, remove))).map(({ of }) => roleBy(of))

    return roles.sort((a, b) => rankOf(a) - rankOf(b))[0]
  }

  /** The seat that a grant, REMOVE or LEAVE leaves when all else is in its past. */
  protected seatAfter (fact: Fact): Seat | undefined {
    if (!isGrant(fact) || fact.member == null || fact.role == null) {
      return undefined
    }

    const admit = fact.kind === 'SET_ROLE' ? this.seatOf(fact.member)?.admit : fact.kind === 'READOPT' ? fact.of : fact

    return { role: fact.role, grant: fact, ...(admit == null ? {} : { admit }) }
  }

  /** Rules 2, 3 and 5: why an op is void by all that is here. */
  protected judge (fact: Fact): Void | undefined {
    const blocked = this.blocked(fact)

    return blocked != null || fact.kind !== 'ADMIT' || fact.invite == null ? blocked : this.#countedOf(fact.invite).turns.get(fact)
  }

  /** Rule 5: for the ADMITs of an INVITE that nothing else voids, whether their turn came within its uses. */
  protected turns (invite: Fact): Map<Fact, Void | undefined> {
    const uses = invite.terms?.uses ?? 0
    const admits = this.admitsOf(invite).filter(fact => this.blocked(fact) == null)
      .sort((a, b) => a.depth - b.depth || (a.id < b.id ? -1 : 1))
    const members = new Set(admits.map(({ member }) => member))
    const mayRepeat = members.size < admits.length
    const spent = new Map<string, Fact>()
    const turns = new Map<Fact, Void | undefined>()
    let last: Fact | undefined
    let count = 0

    for (const admit of admits) {
      const acceptance = mayRepeat ? acceptanceOf(admit) : admit.id
      const other = spent.get(acceptance)

      if (other != null) {
        turns.set(admit, { reason: 'acceptance', because: other.id })
      } else if (count >= uses) {
        turns.set(admit, { reason: 'uses', ...(last == null ? {} : { because: last.id }) })
      } else {
        turns.set(admit, undefined)
        spent.set(acceptance, admit)
        last = admit
        count++
      }
    }

    return turns
  }

  /** Why each ADMIT of an INVITE is void, or not. */
  protected verdictsOf (invite: Fact): Map<Fact, Void | undefined> {
    const turns = this.turns(invite)

    return new Map(this.admitsOf(invite).map(admit => [admit, turns.has(admit) ? turns.get(admit) : this.blocked(admit)]))
  }

  /** Rule 4. */
  protected findSeat (member: MemberKey): Seat | undefined {
    const about = this.about(member)
    const ends = about.filter(fact => (fact.kind === 'REMOVE' || fact.kind === 'LEAVE') && this.voidOf(fact) == null)
    const living = about.filter(fact => isGrant(fact) && this.voidOf(fact) == null && ends.every(end => isBefore(end, fact)))

    if (this.graph.owners.has(member) && ends.length === 0) {
      return { role: 'owner', grant: this.graph.at(0) as Fact }
    }

    const grant = this.#deciding(living)

    if (grant == null) {
      return undefined
    }

    const way = this.#deciding(living.filter(({ kind }) => kind !== 'SET_ROLE'))
    const admit = way?.kind === 'READOPT' ? way.of : way

    return { role: roleBy(grant), grant, ...(admit == null ? {} : { admit }) }
  }

  #countedOf (invite: Fact): { turns: Map<Fact, Void | undefined>, used: number } {
    let counted = this.#counted.get(invite)

    if (counted == null) {
      const turns = this.turns(invite)
      counted = { turns, used: [...turns.values()].filter(turn => turn == null).length }
      this.#counted.set(invite, counted)
    }

    return counted
  }

  /** All that can void an op but the uses. */
  protected blocked (fact: Fact): Void | undefined {
    const { kind, author, member, invite } = fact

    if (kind === 'LEAVE') {
      // never void (rule 6), but of several side by side one is enough: so a reader cannot flood
      const first = lowest(this.about(author).filter(other => other.kind === 'LEAVE' && other.of === fact.of))

      return first == null || first === fact ? undefined : { reason: 'repeated', because: first.id }
    }

    if (this.graph.isOwner(author)) {
      return kind === 'ADMIT' && invite != null ? this.#revokedBeside(fact, invite, true) : undefined
    }

    const fallen = this.#fallen(fact)

    if (fallen != null) {
      return fallen
    }

    const owners = member == null
      ? undefined
      : lowest(this.about(member).filter(other => other.kind !== 'LEAVE' && this.graph.isOwner(other.author) && areBeside(other, fact) && this.voidOf(other) == null))

    if (owners != null) {
      return { reason: 'owner-beside', because: owners.id }
    }

    if (kind === 'ADMIT' && invite != null) {
      return this.voidOf(invite) == null ? this.#revokedBeside(fact, invite, false) : { reason: 'invite-void', because: invite.id }
    }

    return kind === 'SET_ROLE' && !this.#isFounded(fact) ? { reason: 'unfounded' } : undefined
  }

  #revokedBeside (admit: Fact, invite: Fact, byOwner: boolean): Void | undefined {
    const revoke = lowest(this.#revokesOf(invite).filter(other => areBeside(other, admit) &&
      (this.graph.isOwner(other.author) || (!byOwner && this.voidOf(other) == null))))

    return revoke == null ? undefined : { reason: 'revoked', because: revoke.id }
  }

  /** Rule 3: have owners left the author of this op, no owner, standing as an admin? */
  #fallen (fact: Fact): Void | undefined {
    const words = this.about(fact.author).filter(other => this.graph.isOwner(other.author) || other.kind === 'LEAVE')
    const beside = words.filter(other => areBeside(other, fact))
    const remove = lowest(beside.filter(({ kind }) => kind === 'REMOVE'))

    if (remove != null) {
      return { reason: 'author-removed', because: remove.id }
    }

    const demotion = lowest(beside.filter(({ kind, role }) => kind === 'SET_ROLE' && role != null && rankOf(role) > rankOf('admin')))

    if (demotion != null) {
      return { reason: 'author-demoted', because: demotion.id }
    }

    const before = words.filter(other => isBefore(other, fact))
    const ends = before.filter(({ kind }) => kind === 'REMOVE' || kind === 'LEAVE')
    const grants = before.filter(other => isGrant(other) && ends.every(end => isBefore(end, other)))
    const living = this.#deciding(grants.filter(grant => this.voidOf(grant) == null))

    if (living != null && roleBy(living) === 'admin') {
      return undefined
    }

    const lost = grants.findLast(grant => this.voidOf(grant) != null)

    return { reason: 'author-void', ...(lost == null ? {} : { because: lost.id }) }
  }

  /** Does an admin's SET_ROLE rest on a grant that lives in its past? One that rests on none itself: any chain begins with such. */
  #isFounded (fact: Fact): boolean {
    const before = this.about(fact.member ?? '').filter(other => isBefore(other, fact))
    const ends = before.filter(other => (other.kind === 'REMOVE' || other.kind === 'LEAVE') && this.voidOf(other) == null)

    return before.some(other => isGrant(other) && (other.kind !== 'SET_ROLE' || this.graph.isOwner(other.author)) &&
      this.voidOf(other) == null && ends.every(end => isBefore(end, other)))
  }

  /** Of the latest, owners' before admins', SET_ROLE before others, then the lowest SET_ROLE, else the highest role; then the lowest id. */
  #deciding (living: Fact[]): Fact | undefined {
    const latest = living.length < 2 ? living : living.filter(fact => !living.some(other => isBefore(fact, other)))
    const owners = latest.filter(({ author }) => this.graph.isOwner(author))
    const weighty = owners.length > 0 ? owners : latest
    const set = weighty.filter(({ kind }) => kind === 'SET_ROLE')

    return set.length > 0
      ? set.reduce((a, b) => compare(a, b, rankOf(roleBy(b)) - rankOf(roleBy(a))))
      : weighty.reduce<Fact | undefined>((a, b) => a == null ? b : compare(a, b, rankOf(roleBy(a)) - rankOf(roleBy(b))), undefined)
  }
}

/** `b` if the difference is above 0, or there is none and its id is lower. */
function compare (a: Fact, b: Fact, difference: number): Fact {
  return difference > 0 || (difference === 0 && b.id < a.id) ? b : a
}

function lowest (facts: Fact[]): Fact | undefined {
  return facts.reduce<Fact | undefined>((a, b) => a == null || b.id < a.id ? b : a, undefined)
}

/** The role that a grant gives; a GENESIS gives `owner`. */
function roleBy (grant: Fact | undefined): Role {
  return grant?.role ?? 'owner'
}

/** Whose acceptance of which handshake an ADMIT holds. */
export function acceptanceOf ({ signed }: Pick<Fact, 'signed'>): string {
  const op = decodeOp(signed)

  return op.kind === 'ADMIT' ? `${op.payload.invite}/${op.payload.member}/${op.payload.transcript}` : op.id
}
