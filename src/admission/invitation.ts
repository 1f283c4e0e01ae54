/** One invitation at its inviter, as an app has it: its code, its ends, its timer. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { createLink, qrPayload } from '../codec/index.js'
import { InvitationDeclinedError, InvitationExpiredError, InvitationUsedError } from '../errors.js'
import { ledger, lookupIdOf } from '../invitation/index.js'
import { keyOf, peerIdOf } from '../log/terms.js'
import { Callbacks } from './callbacks.js'
import { Candidates } from './candidates.js'
import { Counts } from './counts.js'
import { Door, usedBy } from './door.js'
import { at } from '../clock.js'
import { Observable } from '../observable.js'
import type { Guest } from './door.js'
import type { InvitingParty } from './inviting-party.js'
import type { ProfileBook } from './profile-book.js'
import type { InvitationRecord } from './records.js'
import type { Clock, Invitation, InvitationCallbacks, InvitationSnapshot, InvitationStatus } from '../interface/index.js'
import type { Key, Role } from '../log/index.js'
import type { AbortOptions, PeerId } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

export interface InvitationComponents {
  datastore: Datastore
  clock: Clock
  /** Where links lead by default. */
  linkBase?: string
  profiles: ProfileBook
  shortCodes: {
    codeOf: (invitation: LocalInvitation) => string | undefined
    publish: (invitation: LocalInvitation, options?: AbortOptions) => Promise<string>
  }
}

export class LocalInvitation extends Observable<InvitationSnapshot> implements Invitation {
  readonly party: InvitingParty
  readonly lookupId: string
  /** Where its handshakes are served. */
  readonly door: Door
  readonly #components: InvitationComponents
  readonly #callbacks = new Callbacks()
  readonly #candidates = new Candidates(() => { this.changed() })
  readonly #counts: Counts
  /** The last refusal by who was invited, told with the end. */
  #reason = ''
  #delivered = false
  #callOff = (): void => {}

  constructor (components: InvitationComponents, party: InvitingParty, record: InvitationRecord) {
    super()
    this.#components = components
    this.party = party
    this.#counts = new Counts(components, record, () => {
      this.changed()
      party.invitations.refresh(record.id)
    })
    this.door = new Door({
      party,
      clock: components.clock,
      profiles: components.profiles,
      counts: this.#counts,
      candidates: this.#candidates,
      callbacks: this.#callbacks,
      changed: () => { this.changed() },
      settle: except => { this.#settleIfOver(except) },
      done: (join) => {
        this.#callOff()
        this.#callbacks.settle({ type: 'done', join })
      },
      declined: async reason => this.#declined(reason)
    })
    this.lookupId = bytesToHex(lookupIdOf(record.secret))
  }

  get id (): string { return this.#counts.record.id }
  get code (): string { return this.#counts.record.code }
  get pin (): string { return this.#counts.record.pin }
  get status (): InvitationStatus { return this.#counts.status }
  get expiresAt (): number | undefined { return this.#counts.ledger.expiresAt }
  get role (): Role { return this.#counts.record.role }
  get secret (): Uint8Array { return this.#counts.record.secret }
  get target (): Key | undefined { return this.#counts.record.target }
  get qr (): string { return qrPayload(this.code) }

  get shortCode (): string | undefined { return this.#components.shortCodes.codeOf(this) }

  async publish (options?: AbortOptions): Promise<string> {
    const error = ledger.endOf(this.#counts.ledger)

    if (error != null) {
      throw error
    }

    return this.#components.shortCodes.publish(this, options)
  }

  /** A locked short code was replaced. */
  shortCodeReplaced (shortCode: string | undefined): void {
    this.changed()
    this.#callbacks.tell(told => told.onShortCode?.(shortCode))
  }

  link (base?: string): string {
    return createLink(this.code, base ?? this.#components.linkBase)
  }

  /** Begins to watch the deadline; one that passed while the node was down ends it now. */
  async start (): Promise<void> {
    const { clock } = this.#components
    const { status, ledger: { expiresAt }, isOver } = this.#counts

    if (status !== 'pending') {
      this.#tellLog().catch(() => {})
      return
    }

    if (isOver) {
      await this.#end('expired')
    } else if (expiresAt != null) {
      this.#callOff = at(clock, expiresAt, () => { this.#end('expired').catch(err => { this.#fail(err as Error) }) })
    }
  }

  /** The node stops: guests and callbacks are told, the invitation stays. */
  stop (): void {
    this.#callOff()
    const join = this.door.tellJoins()

    if (this.status === 'used' && join != null) {
      // only the Ack is missing: the member is in the log
      this.#callbacks.settle({ type: 'done', join })
    }

    const reason = new DOMException('The node stopped; it serves this invitation again after a restart', 'AbortError')
    this.door.end(reason)
    this.#fail(reason)
  }

  on (callbacks: InvitationCallbacks): () => void {
    const off = this.#callbacks.add(callbacks)

    if (off != null) {
      this.#candidates.askAll(callbacks)
    }

    return off ?? (() => {})
  }

  async cancel (options?: AbortOptions): Promise<void> {
    await this.#counts.add(async () => {
      if (this.status !== 'pending') {
        return
      }

      await this.#counts.writeWith(ledger.end(this.#counts.ledger, 'revoked'), async put => this.party.log.append('REVOKE', { invite: this.id, reason: '' }, { ...options, with: put }))
      this.#settleIfOver()
    }, options)
  }

  admit (candidate: PeerId): boolean {
    return this.#candidates.answer(keyOf(candidate), true)
  }

  refuse (candidate: PeerId): boolean {
    return this.#candidates.answer(keyOf(candidate), false)
  }

  async renew ({ signal, ...callbacks }: AbortOptions & InvitationCallbacks = {}): Promise<Invitation> {
    const { role, createdAt, attempts, shape, target, approval, ledger: { uses, used, expiresAt } } = this.#counts.record
    await this.cancel({ signal })
    await this.#tellLog()

    return this.party.invite({
      role,
      attempts,
      approval,
      uses: used < uses ? uses - used : uses,
      expiration: expiresAt == null ? 'never' : this.#components.clock.now() + expiresAt - createdAt,
      pin: shape,
      to: target == null ? undefined : peerIdOf(target),
      signal,
      ...callbacks
    })
  }

  /** It was handed over to whom it is for. */
  delivered (): void {
    this.#delivered = true
    this.changed()
  }

  /** The log revoked it, or took away this node's right to admit: it is served no more. */
  overrule (): void {
    this.#end('revoked').catch(err => { this.#fail(err as Error) })
  }

  protected override snapshot (): InvitationSnapshot {
    const { id, role, createdAt, ledger: { status, uses, attemptsLeft, expiresAt } } = this.#counts.record

    return {
      id, status, role, uses, attemptsLeft, createdAt, expiresAt,
      usedBy: usedBy(this.party, id).map(peerIdOf),
      guests: this.door.size,
      candidates: this.#candidates.list(),
      to: this.target == null ? undefined : peerIdOf(this.target),
      delivered: this.#delivered
    }
  }

  /** The invitee said no: that ends an invitation made for one. */
  async #declined (reason: string): Promise<void> {
    this.#reason = reason

    if (this.#counts.ledger.uses === 1) {
      await this.#end('declined')
    }
  }

  async #end (status: 'declined' | 'expired' | 'revoked'): Promise<void> {
    await this.#counts.end(status)
    this.#settleIfOver()
  }

  /** Writes into the log what ended it here, so that every replica knows; a failure is made good at the next start. */
  async #tellLog (): Promise<void> {
    const { status, party: { log } } = this

    // who else reads the log sees an expiry by itself; but an expired contact stands in the way of the next one (rule 1)
    if (status === 'declined' || status === 'locked' || (status === 'expired' && log.kind === 'contact')) {
      await this.party.freshen()

      if (log.invite(this.id)?.revokedBy == null) {
        await log.append('REVOKE', { invite: this.id, reason: status })
      }
    }
  }

  /** Tells everyone what ended it; `used` is told by the last guest's leaving. */
  #settleIfOver (except?: Guest): void {
    const { status } = this
    const error = status === 'declined' ? new InvitationDeclinedError(undefined, this.#reason) : ledger.endOf(this.#counts.ledger)

    if (status === 'used') {
      // who waited for a yes waits in vain
      this.door.end(new InvitationUsedError(), guest => guest.isCandidate === true && guest.joined == null && guest !== except)
    }

    if (error == null || status === 'used' || this.#callbacks.isSettled) {
      return
    }

    this.#callOff()
    this.#tellLog().catch(() => {})
    this.door.end(error, guest => guest !== except)
    this.#callbacks.settle(error instanceof InvitationExpiredError ? { type: 'expiration' } : { type: 'error', error })
  }

  #fail (error: Error): void {
    this.#callOff()
    this.#callbacks.settle({ type: 'error', error })
  }
}
