/** What a log shows other replicas: what it has, what it lacks, and what its member's place in the party rests on. */
import { authorityOf, additionsOf, groundOf, MAX_AUTHORITY } from './authority.js'
import { ProtocolError } from '../errors.js'
import { signedGrant } from './grant.js'
import { MAX_BODY, opIdOf } from './op.js'
import { opOf } from './kept-op.js'
import { LogReader } from './reader.js'
import { infoOf } from './signatures.js'
import { after, chainOf, evidence, since, trailOf } from './sharing.js'
import type { Grant } from './grant.js'
import type { KeptOp } from './interface.js'
import type { Key, OpId } from './kinds.js'
import type { AnyOp, SignedOp } from './op.js'
import type { OpReceiver } from './receiver.js'
import type { ChainTip } from './sharing.js'

/** Bytes that an op takes on a wire beside its body, about: a signature and lengths. */
const SIGNED = 80

export abstract class SharedLog extends LogReader {
  /** This node's key. */
  abstract readonly self: Key
  protected abstract readonly receiver: OpReceiver

  /** Does the log hold ops that only a newer plus-one understands? */
  get needsNewer (): boolean {
    return this.receiver.held.size > 0
  }

  /** Ops that are kept for a newer plus-one. */
  * held (): Iterable<OpId> {
    yield * this.receiver.held.keys()
  }

  /** One of them. */
  heldOp (id: OpId): SignedOp | undefined {
    return this.receiver.held.get(id)?.signed
  }

  /** Each author key's chain: equal on replicas that have the same ops. */
  * chains (): Iterable<{ author: Key, tips: ChainTip[] }> {
    for (const author of this.history.graph.chains.authors()) {
      yield { author, tips: this.chain(author) }
    }
  }

  /** A key's newest ops, by id; several where it forked its chain. */
  chain (author: Key): ChainTip[] {
    return chainOf(this.history.graph, author)
  }

  /** Ids on the way back along a key's chain, at doubling distances; at most 24. */
  trail (author: Key): OpId[] {
    return trailOf(this.history.graph, author)
  }

  /** What is here and not in the past of these, parents first. */
  since (known: OpId[]): KeptOp[] {
    return [...since(this.history.graph, known)]
  }

  /** A key's ops that are neither these tips nor before them, parents first. */
  after (author: Key, tips: OpId[]): KeptOp[] {
    return after(this.history.graph, author, tips)
  }

  /** These ops and all that they rest on, without what is known and its past; parents first. */
  evidence (of: OpId[], known: OpId[]): KeptOp[] {
    return evidence(this.history.graph, of, known)
  }

  /** Ids of ops that pending ones wait for. */
  wanted (): OpId[] {
    return this.receiver.wanted()
  }

  /** Is this op here, but not its past? */
  isPending ({ body }: SignedOp): boolean {
    return this.receiver.pending.has(opIdOf(body))
  }

  /** The grant that shows a peer, who may not have seen it, that this node's member is one. */
  proof (): Grant | undefined {
    if (this.grant != null) {
      return signedGrant(this.grant)
    }

    const { graph, view } = this.history
    const member = this.member(this.self)
    const link = member?.key === this.self ? undefined : this.linkOf(this.self)

    if (link != null) {
      return { admit: link.signed, authority: this.groundOf(link.id) }
    }

    const admit = graph.get(member?.admit ?? '')

    if (admit == null) {
      return undefined
    }

    const authority = authorityOf(view, admit).filter(entry => entry !== admit).map(({ signed }) => signed)

    return { admit: admit.signed, authority: [...authority, ...one(infoOf(this.history, opOf(admit))?.signed)] }
  }

  /**
   * GENESIS, what gave the INVITE's author the right to it, the INVITE, and the INFO that is shown: what an ADMIT by it rests on.
   *
   * @param info - The INFO that the ADMIT names; missing: the one that is shown now
   * @throws {ProtocolError}
   */
  authority (invite: OpId, info: OpId | undefined = this.info()?.id): SignedOp[] {
    const { graph, view } = this.history
    const entry = graph.get(invite)

    if (entry?.kind !== 'INVITE') {
      throw new ProtocolError('This log has no such invitation')
    }

    return [...authorityOf(view, entry), ...one(graph.get(info ?? ''))].map(({ signed }) => signed)
  }

  /** What a Grant of an ADMIT brings: what it rests on, and where that is little the rest of its past. @throws {ProtocolError} */
  shownWith ({ id, payload: { invite, info } }: AnyOp<'ADMIT'>): SignedOp[] {
    const { graph, view } = this.history
    const [entry, shown] = [graph.get(id), this.authority(invite, info ?? '')]
    const ids = shown.map(({ body }) => opIdOf(body))
    const additions = entry == null ? [] : additionsOf(view, entry, new Set(ids))
    const infos = shown.splice(ids.indexOf(info ?? '') < 0 ? shown.length : -1)

    return [...shown, ...additions.map(({ signed }) => signed), ...infos]
  }

  /** What an op rests on: GENESIS, what gave its author the right to it, and its INVITE; parents first. */
  groundOf (id: OpId): SignedOp[] {
    const { graph, view } = this.history
    const entry = graph.get(id)

    return entry == null ? [] : authorityOf(view, entry).filter(other => other !== entry).map(({ signed }) => signed)
  }

  /** Do the ops that this member's invitations would rest on, an INVITE and an ADMIT beside them, fit into so many bytes? */
  canShow (bytes: number): boolean {
    const { graph, view } = this.history
    const person = graph.person(this.member(this.self)?.person ?? '')
    const ops = [...person == null ? [] : groundOf(view, person, this.self), ...one(this.info())]
    const most = bytes - 2 * (MAX_BODY + SIGNED)

    // the INVITE is one of them
    return ops.length < MAX_AUTHORITY && ops.reduce((sum, { signed: { body } }) => sum + body.length + SIGNED, 0) <= most
  }
}

function one <T> (value: T | undefined): T[] {
  return value == null ? [] : [value]
}
