/** A membership log as sync needs it. */
import { TypedEventEmitter } from 'main-event'
import { checkDevice } from '../log/device-grant.js'
import { checkGrant } from '../log/grant.js'
import { decodeOp } from '../log/op.js'
import { mayInvite } from '../log/terms.js'
import { MAX_PROOF } from './constants.js'
import type { ChainTip, FromOptions, Key, OpId, PlacedOp, Received, SignedOp, Standing, SyncableLog, SyncableLogEvents, SyncOp } from './interface.js'
import type { CheckedGrant, MemberRecord, MembershipLog, ShownDevice, Verified } from '../log/index.js'
import type { AbortOptions } from '@libp2p/interface'

/** Newcomers whose ADMIT waits for its past, at most; one that is forgotten shows its proof again. */
const MAX_NEWCOMERS = 256

export class SyncedLog extends TypedEventEmitter<SyncableLogEvents> implements SyncableLog<Verified> {
  readonly #log: MembershipLog
  /** Keys that are let in though they stand for no member, while this holds. */
  readonly #guests = new Map<Key, () => boolean>()
  /** Who showed an ADMIT or LINK whose past is still to come, by key. */
  readonly #newcomers = new Map<Key, CheckedGrant | ShownDevice>()

  readonly #isSibling: (key: Key) => boolean

  /**
   * @param signal - Ends it
   * @param isSibling - Another device of this node's person, which keeps this log: it is taken for a member while the log
   * does not say yet that this node is one
   */
  constructor (log: MembershipLog, signal?: AbortSignal, isSibling: (key: Key) => boolean = () => false) {
    super()
    this.#log = log
    this.#isSibling = isSibling
    const options = signal == null ? {} : { signal }
    log.addEventListener('ops', ({ detail }) => { this.safeDispatchEvent('ops', { detail }) }, options)
    log.addEventListener('members', ({ detail }) => {
      // who is in by an ADMIT that waits, or is let in, is so by others' membership
      this.safeDispatchEvent('members', { detail: [...detail.flatMap(({ keys }) => keys), ...this.#newcomers.keys(), ...this.#guests.keys()] })
    }, options)
  }

  get key (): OpId { return this.#log.key }
  get self (): Key { return this.#log.self }
  get size (): number { return this.#log.size }
  get heads (): OpId[] { return this.#log.heads }
  /** Also what is held: it need not come again. */
  has (id: OpId): boolean { return this.#log.has(id) || this.#log.heldOp(id) != null }
  chains (): Iterable<{ author: Key, tips: ChainTip[] }> { return this.#log.chains() }
  chain (author: Key): ChainTip[] { return this.#log.chain(author) }
  trail (author: Key): OpId[] { return this.#log.trail(author) }
  since (known: OpId[]): SyncOp[] { return this.#log.since(known) }
  after (author: Key, tips: OpId[]): PlacedOp[] { return this.#log.after(author, tips) }
  evidence (of: OpId[], known: OpId[]): SyncOp[] { return this.#log.evidence(of, known) }

  standingOf (key: Key): Standing {
    const standing = this.#log.standingOf(key)

    if (standing.is === 'stranger' && this.#log.member(this.self) == null && this.#isSibling(key)) {
      return { is: 'member' }
    }

    // a REMOVE or a void ADMIT of before says nothing of the new one
    return standing.is !== 'member' && (this.#isNewcomer(key) || this.#guests.get(key)?.() === true) ? { is: 'member' } : standing
  }

  /**
   * Lets a key in as a member's: a device that proved the recovery key of one, or, where this node is that device, the
   * member whom it asked.
   *
   * @param holds - Is it so still?
   * @param signal - Ends it; its streams end, too
   */
  letIn (key: Key, holds: () => boolean, signal: AbortSignal): void {
    this.#guests.set(key, holds)
    signal.addEventListener('abort', () => {
      // it may have been let in anew
      if (this.#guests.get(key) === holds) {
        this.#guests.delete(key)
        this.review(key)
      }
    }, { once: true })
  }

  /** This key may be let in now, or not any more. */
  review (key: Key): void {
    this.safeDispatchEvent('members', { detail: [key] })
  }

  async verify (ops: SignedOp[], options: FromOptions): Promise<Verified> {
    return this.#log.verify(ops, options)
  }

  async receive (verified: Verified, options: FromOptions): Promise<Received> {
    const { accepted, refused, pending } = await this.#log.receive(verified, options)

    return { accepted: accepted.length, refused, pending }
  }

  async admit (proof: SignedOp[], key: Key, options?: AbortOptions): Promise<Standing> {
    const admit = proof.at(-1)

    if (admit != null) {
      try {
        const op = decodeOp(admit)

        if (op.kind !== 'ADMIT' && op.kind !== 'LINK') {
          return this.standingOf(key)
        }

        // nothing of a stranger's is kept before the Grant that it shows holds
        const shown = { admit, authority: proof.slice(0, -1) }
        const grant = op.kind === 'LINK' ? await checkDevice(shown, key) : await checkGrant(shown, { inviter: op.author, first: key })

        if (grant.genesis.id !== this.key) {
          return this.standingOf(key)
        }

        // also where it will be void: then an app can say why, and offer READOPT
        await this.#log.receive(grant.ops.map(op => op.signed), { ...options, from: key })
        this.#remember(key, grant)
      } catch (err) {
        options?.signal?.throwIfAborted()

        if ((err as Error).name !== 'ProtocolError') {
          throw err
        }
      }
    }

    return this.standingOf(key)
  }

  proof (): SignedOp[] {
    const proof = this.#log.proof()
    const ops = proof == null ? [] : [...proof.authority, proof.admit]

    return ops.length > MAX_PROOF ? [] : ops
  }

  #remember (key: Key, grant: CheckedGrant | ShownDevice): void {
    this.#newcomers.delete(key)
    this.#newcomers.set(key, grant)

    for (const oldest of this.#newcomers.keys()) {
      if (this.#newcomers.size > MAX_NEWCOMERS || !this.#isNewcomer(oldest)) {
        this.#newcomers.delete(oldest)
      }
    }
  }

  /**
   * Is it in by an ADMIT or LINK that waits for its past? It is judged by that past when
   * it is here; until then by what those who signed it are here, and now.
   */
  #isNewcomer (key: Key): boolean {
    const grant = this.#newcomers.get(key)

    if (grant == null || !this.#log.isPending(grant.admit.signed)) {
      return false
    }

    const { admit } = grant

    // by a device of that person which stands: an unlinked one links nobody
    if (!('invite' in grant)) {
      return this.#membersOf(admit.author).some(({ person }) => person === grant.person)
    }

    const { invite } = grant
    // their keys must stand: an unlinked one would let in whom it likes, with a past that never comes
    const maker = this.#membersOf(invite.author).find(({ level }) => mayInvite(this.#log.kind, level, invite.payload.role))
    const isBy = ({ person }: MemberRecord): boolean => person === maker?.person || invite.payload.hosts.includes(person)

    return maker != null && this.#log.invite(invite.id)?.revokedBy == null && this.#membersOf(admit.author).some(isBy)
  }

  /** Members for whom a key stands; while the log is not synced, also one that the Grant shows. */
  #membersOf (key: Key): MemberRecord[] {
    const shown = this.#log.synced ? undefined : this.#log.member(key)

    return [...this.#log.membersOf(key), ...shown == null ? [] : [shown]]
  }
}
