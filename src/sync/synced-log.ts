/** A membership log as sync needs it. */
import { TypedEventEmitter } from 'main-event'
import { mayInvite, NOBODY } from '../log/terms.js'
import { decodeOp } from '../log/op.js'
import { checkGrant } from '../log/grant.js'
import type { ChainTip, FromOptions, Key, OpId, PlacedOp, Received, SignedOp, Standing, SyncableLog, SyncableLogEvents, SyncOp } from './interface.js'
import type { MembershipLog, Verified } from '../log/index.js'
import type { AbortOptions } from '@libp2p/interface'

export class SyncedLog extends TypedEventEmitter<SyncableLogEvents> implements SyncableLog<Verified> {
  readonly #log: MembershipLog

  constructor (log: MembershipLog) {
    super()
    this.#log = log
    log.addEventListener('ops', ({ detail }) => { this.safeDispatchEvent('ops', { detail }) })
    log.addEventListener('members', ({ detail }) => { this.safeDispatchEvent('members', { detail }) })
  }

  get key (): OpId { return this.#log.key }
  get self (): Key { return this.#log.self }
  get size (): number { return this.#log.size }
  get heads (): OpId[] { return this.#log.heads }
  has (id: OpId): boolean { return this.#log.has(id) }
  chains (): Iterable<{ author: Key, tips: ChainTip[] }> { return this.#log.chains() }
  chain (author: Key): ChainTip[] { return this.#log.chain(author) }
  trail (author: Key): OpId[] { return this.#log.trail(author) }
  since (known: OpId[]): SyncOp[] { return this.#log.since(known) }
  after (author: Key, tips: OpId[]): PlacedOp[] { return this.#log.after(author, tips) }
  evidence (of: OpId[], known: OpId[]): SyncOp[] { return this.#log.evidence(of, known) }
  standingOf (key: Key): Standing { return this.#log.standingOf(key) }

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

        if (op.kind !== 'ADMIT') {
          return this.standingOf(key)
        }

        // nothing of a stranger's is kept before the Grant that it shows holds
        const { genesis, invite, ops } = await checkGrant({ admit, authority: proof.slice(0, -1) }, { inviter: op.author, first: key, recovery: op.payload.recovery })

        if (genesis.id !== this.key) {
          return this.standingOf(key)
        }

        // also where it will be void: then an app can say why, and offer READOPT
        await this.#log.receive(ops.map(op => op.signed), { ...options, from: key })

        // judged by its own past where that is here; until then, by the inviter's right as it is known here
        const level = this.#log.member(invite.speaker ?? invite.author)?.level ?? NOBODY

        if (this.#log.isPending(admit) && this.#log.invite(invite.id)?.revokedBy == null && mayInvite(this.#log.kind, level, invite.payload.role)) {
          return { is: 'member' }
        }
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

    return proof == null ? [] : [...proof.authority, proof.admit]
  }
}
