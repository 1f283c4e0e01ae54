/** What a log says, but for its members: invitations, keys, what is void and why. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { encode } from '../codec/index.js'
import { copyOf } from './app-data.js'
import { isAncestor } from './entry.js'
import { currentRekeys, givenTo, indebted, newestRekeys, recipientsOf, rekeysBefore, rekeysOf } from './epochs.js'
import { keysOf } from './keys.js'
import { opOf } from './kept-op.js'
import { MemberReader } from './member-reader.js'
import type { Entry } from './entry.js'
import type { Void } from './evaluation.js'
import type { Person } from './person.js'
import type { InviteRecord, Use } from './interface.js'
import type { Key, OpId } from './kinds.js'
import type { AnyOp, Op } from './op.js'
import type { Membership } from './standing.js'

export abstract class LogReader extends MemberReader {
  #shownInfo: { entry: Entry, op: AnyOp<'INFO'> } | undefined
  #current: { of: readonly Entry[], ids: readonly OpId[] } | undefined

  get heads (): OpId[] {
    return [...this.history.graph.heads].sort((a, b) => b.place - a.place).map(({ id }) => id)
  }

  /** Ops here. */
  get size (): number {
    return this.history.graph.end
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
  isAncestor (one: OpId, other: OpId): boolean {
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

  #inviteRecord (entry: Entry): InviteRecord {
    const { view, graph } = this.history
    const { id, author, speaker, role = 'reader', terms = { lookupId: '', uses: 0, hosts: [], createdAt: 0, expiresAt: 0 } } = entry
    const revoke = view.revokeOf(entry)
    const usedBy = graph.kind === 'person' ? [...new Set(graph.linksOf(entry).filter(link => view.counts(link)).map(({ key = '' }) => key))] : [...view.usedBy(entry)]

    return { id, author, speaker, role, ...terms, usedBy, ...(revoke == null ? {} : { revokedBy: revoke.id }) }
  }
}

function byFirst ([a]: unknown[], [b]: unknown[]): number {
  return String(a) < String(b) ? -1 : 1
}
