/** The life of one invitation at its inviter: it follows the log and waits for its deadline; what ended it is told once. */
import { at } from '../async/clock.js'
import { InvitationExpiredError, InvitationUsedError } from '../errors.js'
import { ledger } from '../invitation/index.js'
import { Callbacks } from './callbacks.js'
import { lastJoinOf } from './joins.js'
import { tellLog } from './status.js'
import type { Counts } from './counts.js'
import type { InvitationServer } from './invitation-server.js'
import type { InvitingParty } from './inviting-party.js'
import type { Guest } from './places.js'
import type { Clock, InvitationJoin, InvitationStatus } from '../interface/index.js'
import type { AbortOptions } from '@libp2p/interface'

/** Whose life it is. */
export interface Living {
  readonly party: InvitingParty
  /** Where its guests' handshakes are served; undefined: nobody has come yet. */
  readonly visited: InvitationServer | undefined
  changed: () => void
}

/** Nobody joined by most of those that are open: one list for all of these. */
const NOBODY_YET: readonly string[] = []

export class Lifecycle {
  /** Whom it tells what becomes of it. */
  readonly callbacks = new Callbacks()
  readonly #invitation: Living
  readonly #counts: Counts
  readonly #clock: Clock
  #isStopped = false
  /** Status and whom it brought, as they were told last. */
  #shown: InvitationStatus | undefined
  #brought: readonly string[] = NOBODY_YET
  #callOff: (() => void) | undefined

  constructor (invitation: Living, counts: Counts, clock: Clock) {
    this.#invitation = invitation
    this.#counts = counts
    this.#clock = clock
  }

  /** Begins to watch log and deadline; what ended it while the node was down is told now. */
  async start (): Promise<void> {
    const { ledger: { status, expiresAt }, isOver } = this.#counts
    await this.#counts.drop()
    const join = this.#counts.status === 'used' ? lastJoinOf(this.#invitation.party, this.#counts.record) : undefined

    if (join != null) {
      this.callbacks.settle({ type: 'done', join })
    } else if (status === 'pending' && isOver) {
      await this.#close()
    } else {
      if (status === 'pending' && expiresAt != null) {
        this.#callOff = at(this.#clock, expiresAt, () => { this.#close().catch(err => { this.#fail(err as Error) }) })
      }

      this.#follow()
    }
  }

  /** The log changed: tells what ended it, or that it goes on after all, once what is being counted is. */
  follow (): void {
    this.#counts.add(async () => { this.#follow() }).catch(err => { this.#fail(err as Error) })
  }

  #follow (): void {
    if (this.#isStopped) {
      return
    }

    if (this.#counts.status === 'pending') {
      this.callbacks.reopen()
    } else {
      this.settle()
    }

    if (this.isNews()) {
      this.#invitation.changed()
    }
  }

  /** Did what the log says of it change since this was last asked? */
  isNews (): boolean {
    const [status, brought] = [this.#shown, this.#brought]
    const { usedBy: now = NOBODY_YET } = this.#invitation.party.log.invite(this.#counts.record.id) ?? {}
    this.#shown = this.#counts.status
    this.#brought = now.length === 0 ? NOBODY_YET : now

    return this.#shown !== status || now.length !== brought.length || now.some((person, nth) => person !== brought[nth])
  }

  /** The node stops: guests and callbacks are told, the invitation stays. */
  stop (): void {
    this.#isStopped = true
    this.#rest()
    const { visited } = this.#invitation
    const join = visited?.tellJoins()

    if (this.#counts.status === 'used' && join != null) {
      // only the Ack is missing: the member is in the log
      this.callbacks.settle({ type: 'done', join })
    }

    const reason = new DOMException('The node stopped; it serves this invitation again after a restart', 'AbortError')
    visited?.end(reason)
    this.#fail(reason)
  }

  /** Its party is none of this node's any more: guests and callbacks are told, and nothing of it is written from then on. */
  async forget (error: Error): Promise<void> {
    this.#isStopped = true
    const gone = this.#counts.forget(error)
    this.#invitation.visited?.end(error)
    this.#fail(error)
    await gone
    this.#invitation.changed()
  }

  /** Who is added now is told of the next end. */
  reopen (): void {
    if (this.#counts.status === 'pending' && !this.#isStopped) {
      this.callbacks.reopen()
    }
  }

  /** Its inviter revokes it. @throws {StorageError} */
  async revoke (options?: AbortOptions): Promise<void> {
    await this.#counts.add(async () => {
      const next = ledger.end(this.#counts.ledger, 'revoked')
      const { status, record: { id: invite } } = this.#counts

      if (status === 'pending') {
        await this.#counts.writeWith(next, async (put, before) => this.#invitation.party.log.append('REVOKE', { invite, reason: '' }, { ...options, with: put, before }))
      } else {
        // what ended it may turn out void: nor does it go on then
        await this.#counts.write(next)
      }

      this.settle()
    }, options)
  }

  /** The invitee said no: that ends an invitation made for one. */
  async decline (reason: string): Promise<void> {
    if (this.#counts.ledger.uses === 1) {
      await this.#counts.close('declined', reason)
      this.settle()
    }
  }

  /** Its last use is told of. */
  finish (join: InvitationJoin): void {
    this.#rest()
    this.callbacks.settle({ type: 'done', join })
  }

  /** Its time has passed: whatever it came to is for good. */
  async #close (): Promise<void> {
    await this.#counts.close('expired')
    this.settle()
  }

  /** Tells everyone what ended it, if anything did; `used` is told by the last guest's leaving. */
  settle (except?: Guest): void {
    const { status, record, ledger: { status: counted } } = this.#counts
    const { party, visited } = this.#invitation

    if (status === 'used') {
      // who waited for a yes waits in vain
      visited?.end(new InvitationUsedError(), guest => guest.isCandidate === true && guest.joined == null && guest !== except)
    }

    if (counted !== 'pending') {
      this.#rest()
    }

    if (status === 'pending' || status === 'used' || this.callbacks.isSettled) {
      return
    }

    if (counted !== 'pending') {
      // a failure is made good at the next start
      tellLog(party, record.id, status).catch(() => {})
    }

    const again = this.#endedAs(status)
    const error = again()
    visited?.end(error, guest => guest !== except)
    this.callbacks.settle(error instanceof InvitationExpiredError ? { type: 'expiration' } : { type: 'error', error }, again)
  }

  /** An ended invitation stays in the list: its error, with its stack, is made anew for who asks later. */
  #endedAs (status: Exclude<InvitationStatus, 'pending'>): () => Error {
    return () => ledger.errorOf(status, this.#counts.record.reason)
  }

  /** No deadline is waited for any more, nor held. */
  #rest (): void {
    this.#callOff?.()
    this.#callOff = undefined
  }

  #fail (error: Error): void {
    this.#rest()
    this.callbacks.settle({ type: 'error', error })
  }
}
