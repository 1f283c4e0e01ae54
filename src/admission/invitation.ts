/** One invitation at its inviter, as an app has it: its code, what it shows, and what may be done with it. */
import { createLink, qrPayload } from '../codec/index.js'
import { InvitationExpiredError } from '../errors.js'
import { lookupIdOf } from '../invitation/index.js'
import { hexOf } from '../log/hex.js'
import { keyOf, peerIdOf } from '../log/terms.js'
import { Candidates } from './candidates.js'
import { Counts } from './counts.js'
import { InvitationServer } from './invitation-server.js'
import { usedBy } from './joins.js'
import { Lifecycle } from './lifecycle.js'
import { obeying } from '../async/obeying.js'
import { Observable } from '../interface/observable.js'
import { checkedLabel } from './records.js'
import { tellLog } from './status.js'
import type { InvitingParty } from './inviting-party.js'
import type { OwnInvitation } from './invitation-item.js'
import type { Living } from './lifecycle.js'
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

export class LocalInvitation extends Observable<InvitationSnapshot> implements OwnInvitation, Living {
  readonly party: InvitingParty
  readonly lookupId: string
  readonly #components: InvitationComponents
  readonly #counts: Counts
  readonly #lifecycle: Lifecycle
  /** Nobody has come to most of them. */
  #server: InvitationServer | undefined
  #candidates: Candidates | undefined
  readonly #code: string
  #delivered = false
  /** Was it, when it last changed? */
  #isOpen: boolean
  #done: Promise<InvitationJoin> | undefined

  constructor (components: InvitationComponents, party: InvitingParty, record: InvitationRecord) {
    super()
    this.#components = components
    this.party = party
    this.#counts = new Counts(components, party.log, record, () => {
      this.#lifecycle.isNews()
      this.changed()
      party.invitations.refresh(record.id)
    })
    this.#lifecycle = new Lifecycle(this, this.#counts, components.clock)
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
      callbacks: this.#lifecycle.callbacks,
      changed: () => { this.changed() },
      settle: except => { this.#lifecycle.settle(except) },
      done: (join) => { this.#lifecycle.finish(join) },
      declined: async reason => this.#lifecycle.decline(reason)
    })
  }

  get visited (): InvitationServer | undefined { return this.#server }
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
    this.#lifecycle.callbacks.tell(told => told.onShortCode?.(shortCode))
  }

  link (base?: string): string {
    return this.code === '' ? '' : createLink(this.code, base ?? this.#components.linkBase)
  }

  /** It is served from now on; what ended it while the node was down is told. */
  async start (): Promise<void> { await this.#lifecycle.start() }

  /** The log changed. */
  follow (): void { this.#lifecycle.follow() }

  /** The node stops: the invitation stays. */
  stop (): void { this.#lifecycle.stop() }

  /** Its party is none of this node's any more. */
  async forget (error: Error): Promise<void> { await this.#lifecycle.forget(error) }

  on (callbacks: InvitationCallbacks): () => void {
    this.#lifecycle.reopen()
    const off = this.#lifecycle.callbacks.add(callbacks)

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
    await obeying(options, async () => this.#lifecycle.revoke(options))
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

  override changed (): void {
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
}
