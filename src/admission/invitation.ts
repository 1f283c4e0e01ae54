/** One invitation at its inviter, as an app has it: its code, its ends, its timer. */
import { createLink, qrPayload } from '../codec/index.js'
import { InvitationExpiredError, InvitationUsedError } from '../errors.js'
import { ledger, lookupIdOf } from '../invitation/index.js'
import { hexOf } from '../log/hex.js'
import { keyOf, peerIdOf } from '../log/terms.js'
import { Callbacks } from './callbacks.js'
import { Candidates } from './candidates.js'
import { Counts } from './counts.js'
import { InvitationServer } from './invitation-server.js'
import { lastJoinOf, usedBy } from './joins.js'
import { at } from '../async/clock.js'
import { obeying } from '../async/obeying.js'
import { Observable } from '../interface/observable.js'
import { checkedLabel } from './records.js'
import { tellLog } from './status.js'
import type { Guest } from './places.js'
import type { InvitingParty } from './inviting-party.js'
import type { AdmissionMetrics } from './metrics.js'
import type { ProfileBook } from './profile-book.js'
import type { InvitationRecord } from './records.js'
import type { Clock, Invitation, InvitationCallbacks, InvitationJoin, InvitationSnapshot, InvitationStatus } from '../interface/index.js'
import type { Ledger } from '../invitation/index.js'
import type { Key, Role } from '../log/index.js'
import type { AbortOptions, PeerId } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

export interface InvitationComponents {
  datastore: Datastore
  clock: Clock
  /** Where links lead by default. */
  linkBase?: string
  profiles: ProfileBook
  metrics?: AdmissionMetrics
  /** It changed; its app is told after that. */
  onChange: (invitation: LocalInvitation, wasOpen: boolean) => void
  shortCodes: {
    codeOf: (invitation: LocalInvitation) => string | undefined
    publish: (invitation: LocalInvitation, options?: AbortOptions) => Promise<string>
  }
}

/** Nobody joined by most of those that are open: one list for all of these. */
const NOBODY_YET: readonly string[] = []

export class LocalInvitation extends Observable<InvitationSnapshot> implements Invitation {
  readonly party: InvitingParty
  readonly lookupId: string
  readonly #components: InvitationComponents
  readonly #callbacks = new Callbacks()
  readonly #counts: Counts
  /** Nobody has come to most of them. */
  #server: InvitationServer | undefined
  #candidates: Candidates | undefined
  readonly #code: string
  #delivered = false
  /** Was it, when it last changed? */
  #isOpen: boolean
  #isStopped = false
  /** Status and whom it brought, as they were told last. */
  #shown: InvitationStatus | undefined
  #brought: readonly string[] = NOBODY_YET
  #done: Promise<InvitationJoin> | undefined
  #callOff: (() => void) | undefined

  constructor (components: InvitationComponents, party: InvitingParty, record: InvitationRecord) {
    super()
    this.#components = components
    this.party = party
    this.#counts = new Counts(components, party.log, record, () => {
      this.#isNews()
      this.changed()
      party.invitations.refresh(record.id)
    })
    this.lookupId = hexOf(lookupIdOf(record.secret))
    this.#code = record.ledger.status === 'pending' ? record.code : ''
    this.#isOpen = this.status === 'pending'
  }

  /** Where its handshakes are served. */
  get server (): InvitationServer {
    this.#candidates ??= new Candidates(() => { this.changed() })
    this.#server ??= this.#serverOf(this.#candidates)

    return this.#server
  }

  #serverOf (candidates: Candidates): InvitationServer {
    const { clock, profiles, metrics } = this.#components

    return new InvitationServer({
      party: this.party,
      clock,
      profiles,
      metrics,
      counts: this.#counts,
      candidates,
      callbacks: this.#callbacks,
      changed: () => { this.changed() },
      settle: except => { this.#settle(except) },
      done: (join) => {
        this.#rest()
        this.#callbacks.settle({ type: 'done', join })
      },
      declined: async reason => this.#declined(reason)
    })
  }

  get id (): string { return this.#counts.record.id }
  /** Of one that ended before the last start it is gone. */
  get code (): string { return this.#code }
  get pin (): string { return this.status === 'pending' ? this.#counts.record.pin : '' }
  get status (): InvitationStatus { return this.#counts.status }
  get counted (): Ledger { return this.#counts.ledger }
  get expiresAt (): number | undefined { return this.#counts.ledger.expiresAt }
  get role (): Role { return this.#counts.record.role }
  get secret (): Uint8Array { return this.#counts.record.secret }
  get target (): Key | undefined { return this.#counts.record.target }
  /** What who declined it said; empty until then. */
  get reason (): string { return this.#counts.record.reason }
  get label (): string { return this.#counts.record.label }
  get data (): Uint8Array | undefined { return this.party.log.dataOf(this.id) }
  get qr (): string { return this.code === '' ? '' : qrPayload(this.code) }

  get shortCode (): string | undefined { return this.#components.shortCodes.codeOf(this) }

  async publish (options?: AbortOptions): Promise<string> {
    this.#counts.assertPending()

    try {
      return await obeying(options, async () => this.#components.shortCodes.publish(this, options))
    } catch (err) {
      // it may have ended meanwhile: that is why
      this.#counts.assertPending()
      throw err
    }
  }

  /** A locked short code was replaced. */
  shortCodeReplaced (shortCode: string | undefined): void {
    this.changed()
    this.#callbacks.tell(told => told.onShortCode?.(shortCode))
  }

  link (base?: string): string {
    return this.code === '' ? '' : createLink(this.code, base ?? this.#components.linkBase)
  }

  /** Begins to watch log and deadline; what ended it while the node was down is told now. */
  async start (): Promise<void> {
    const { clock } = this.#components
    const { ledger: { status, expiresAt }, isOver } = this.#counts
    await this.#counts.drop()
    const join = this.status === 'used' ? lastJoinOf(this.party, this) : undefined

    if (join != null) {
      this.#callbacks.settle({ type: 'done', join })
    } else if (status === 'pending' && isOver) {
      await this.#close()
    } else {
      if (status === 'pending' && expiresAt != null) {
        this.#callOff = at(clock, expiresAt, () => { this.#close().catch(err => { this.#fail(err as Error) }) })
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

    if (this.status === 'pending') {
      this.#callbacks.reopen()
    } else {
      this.#settle()
    }

    if (this.#isNews()) {
      this.changed()
    }
  }

  /** Did what the log says of it change since this was last asked? */
  #isNews (): boolean {
    const [status, brought] = [this.#shown, this.#brought]
    const { usedBy: now = NOBODY_YET } = this.party.log.invite(this.id) ?? {}
    this.#shown = this.status
    this.#brought = now.length === 0 ? NOBODY_YET : now

    return this.#shown !== status || now.length !== brought.length || now.some((person, nth) => person !== brought[nth])
  }

  /** The node stops: guests and callbacks are told, the invitation stays. */
  stop (): void {
    this.#isStopped = true
    this.#rest()
    const join = this.#server?.tellJoins()

    if (this.status === 'used' && join != null) {
      // only the Ack is missing: the member is in the log
      this.#callbacks.settle({ type: 'done', join })
    }

    const reason = new DOMException('The node stopped; it serves this invitation again after a restart', 'AbortError')
    this.#server?.end(reason)
    this.#fail(reason)
  }

  /** Its party is none of this node's any more: guests and callbacks are told, and nothing of it is written from then on. */
  async forget (error: Error): Promise<void> {
    this.#isStopped = true
    const gone = this.#counts.forget(error)
    this.#server?.end(error)
    this.#fail(error)
    await gone
    this.changed()
  }

  on (callbacks: InvitationCallbacks): () => void {
    if (this.status === 'pending' && !this.#isStopped) {
      this.#callbacks.reopen()
    }

    const off = this.#callbacks.add(callbacks)

    if (off != null) {
      this.#candidates?.askAll(callbacks)
    }

    return off ?? (() => {})
  }

  get done (): Promise<InvitationJoin> {
    if (this.#done == null) {
      const { promise, resolve, reject } = Promise.withResolvers<InvitationJoin>()
      this.#done = promise
      // who does not look is not told
      promise.catch(() => {})
      this.on({ onDone: resolve, onError: reject, onExpiration: () => { reject(new InvitationExpiredError()) } })
    }

    return this.#done
  }

  async setLabel (label: string, options?: AbortOptions): Promise<void> {
    await obeying(options, async () => this.#counts.add(async () => this.#counts.relabel(checkedLabel(label)), options))
  }

  async cancel (options?: AbortOptions): Promise<void> {
    await obeying(options, async () => this.#cancel(options))
  }

  async #cancel (options?: AbortOptions): Promise<void> {
    await this.#counts.add(async () => {
      const next = ledger.end(this.#counts.ledger, 'revoked')

      if (this.status === 'pending') {
        await this.#counts.writeWith(next, async (put, before) => this.party.log.append('REVOKE', { invite: this.id, reason: '' }, { ...options, with: put, before }))
      } else {
        // what ended it may turn out void: nor does it go on then
        await this.#counts.write(next)
      }

      this.#settle()
    }, options)
  }

  admit (candidate: PeerId): boolean {
    return this.#candidates?.answer(keyOf(candidate), true) ?? false
  }

  refuse (candidate: PeerId): boolean {
    return this.#candidates?.answer(keyOf(candidate), false) ?? false
  }

  async renew (options: AbortOptions & InvitationCallbacks = {}): Promise<Invitation> {
    return obeying(options, async () => this.#renew(options))
  }

  async #renew ({ signal, ...callbacks }: AbortOptions & InvitationCallbacks): Promise<Invitation> {
    const { role, createdAt, attempts, shape, target, approval, label, ledger: { uses, used, expiresAt } } = this.#counts.record
    await this.cancel({ signal })
    await tellLog(this.party, this.id, this.status)
    signal?.throwIfAborted()

    return this.party.invite({
      role,
      attempts,
      approval,
      uses: used < uses ? uses - used : uses,
      expiration: expiresAt == null ? 'never' : this.#components.clock.now() + expiresAt - createdAt,
      pin: shape,
      to: target == null ? undefined : peerIdOf(target),
      data: this.data,
      label,
      signal,
      ...callbacks
    })
  }

  /** It was handed over to whom it is for. */
  delivered (): void {
    this.#delivered = true
    this.changed()
  }

  protected override changed (): void {
    const wasOpen = this.#isOpen
    this.#isOpen = this.status === 'pending'
    this.reset()
    this.#components.onChange(this, wasOpen)
    super.changed()
  }

  protected override snapshot (): InvitationSnapshot {
    const { status, record: { id, role, createdAt, label, ledger: { uses, attemptsLeft, expiresAt } } } = this.#counts

    return {
      id, status, role, uses, attemptsLeft, createdAt, expiresAt,
      usedBy: usedBy(this.party, id).map(peerIdOf),
      guests: this.#server?.size ?? 0,
      candidates: this.#candidates?.list() ?? [],
      to: this.target == null ? undefined : peerIdOf(this.target),
      delivered: this.#delivered,
      label
    }
  }

  /** The invitee said no: that ends an invitation made for one. */
  async #declined (reason: string): Promise<void> {
    if (this.#counts.ledger.uses === 1) {
      await this.#counts.close('declined', reason)
      this.#settle()
    }
  }

  /** Its time has passed: whatever it came to is for good. */
  async #close (): Promise<void> {
    await this.#counts.close('expired')
    this.#settle()
  }

  /** Tells everyone what ended it, if anything did; `used` is told by the last guest's leaving. */
  #settle (except?: Guest): void {
    const { status, ledger: { status: counted } } = this.#counts

    if (status === 'used') {
      // who waited for a yes waits in vain
      this.#server?.end(new InvitationUsedError(), guest => guest.isCandidate === true && guest.joined == null && guest !== except)
    }

    if (counted !== 'pending') {
      this.#rest()
    }

    if (status === 'pending' || status === 'used' || this.#callbacks.isSettled) {
      return
    }

    if (counted !== 'pending') {
      // a failure is made good at the next start
      tellLog(this.party, this.id, status).catch(() => {})
    }

    const again = this.#endedAs(status)
    const error = again()
    this.#server?.end(error, guest => guest !== except)
    this.#callbacks.settle(error instanceof InvitationExpiredError ? { type: 'expiration' } : { type: 'error', error }, again)
  }

  /** An ended invitation stays in the list: its error, with its stack, is made anew for who asks later. */
  #endedAs (status: Exclude<InvitationStatus, 'pending'>): () => Error {
    return () => ledger.errorOf(status, this.reason)
  }

  /** No deadline is waited for any more, nor held. */
  #rest (): void {
    this.#callOff?.()
    this.#callOff = undefined
  }

  #fail (error: Error): void {
    this.#rest()
    this.#callbacks.settle({ type: 'error', error })
  }
}
