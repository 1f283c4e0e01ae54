/** One invitation at its inviter: what is counted, durable before it counts; its timer; its ends. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { createLink, qrPayload } from '../codec/index.js'
import { InvitationDeclinedError, InvitationExpiredError, InvitationUsedError } from '../errors.js'
import { InviterBusyError, ledger, lookupIdOf, MAX_SESSIONS, NotForYouError } from '../invitation/index.js'
import { keyOf, peerIdOf } from '../log/terms.js'
import { shownHash } from '../log/verify.js'
import { Candidates } from './candidates.js'
import { CountingQueue } from './counting-queue.js'
import { at } from '../clock.js'
import { Observable, quietly } from '../observable.js'
import { writeBatch } from '../storage.js'
import { grantOf, offerOf } from './offer.js'
import { encodeInvitation, invitationKey } from './records.js'
import type { Candidate, Clock, Invitation, InvitationCallbacks, InvitationJoin, InvitationSnapshot, InvitationStatus } from '../interface/index.js'
import type { InvitingParty } from './inviting-party.js'
import type { ProfileBook } from './profile-book.js'
import type { InvitationRecord } from './records.js'
import type { GrantFrame, Ledger, Session, Status } from '../invitation/index.js'
import type { Key, Role } from '../log/index.js'
import type { Fill } from '../storage.js'
import type { AbortOptions, PeerId } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

/** A peer at the door: at most one for each peer. */
export interface Guest {
  /** The member key that the connection proved, hex. */
  key: string
  /** Ends its wait, with what it is told. */
  end: (reason: Error) => void
  session?: Session
  /** Held while its guess is judged: other counts wait. */
  release?: () => void
  /** It has shown the PIN and waits for a person: other counts go on. */
  isCandidate?: boolean
  /** Set once the ADMIT is durable, until it is told. */
  joined?: InvitationJoin
}

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

type End = { type: 'done', join: InvitationJoin } | { type: 'error', error: Error } | { type: 'expiration' }

export class LocalInvitation extends Observable<InvitationSnapshot> implements Invitation {
  readonly party: InvitingParty
  readonly lookupId: string
  readonly #components: InvitationComponents
  readonly #counts = new CountingQueue()
  readonly #callbacks = new Set<InvitationCallbacks>()
  readonly #guests = new Map<string, Guest>()
  readonly #candidates = new Candidates(() => { this.changed() })
  #record: InvitationRecord
  #end: End | undefined
  /** The last refusal by who was invited, told with the end. */
  #reason = ''
  #delivered = false
  /** What is counted, whatever became of a batch: a guess that was not looked at is none. */
  readonly #before: Fill = (batch) => { putting(this.#record)(batch) }
  #callOff = (): void => {}

  constructor (components: InvitationComponents, party: InvitingParty, record: InvitationRecord) {
    super()
    this.#components = components
    this.party = party
    this.#record = record
    this.lookupId = bytesToHex(lookupIdOf(record.secret))
  }

  get id (): string { return this.#record.id }
  get code (): string { return this.#record.code }
  get pin (): string { return this.#record.pin }
  get status (): InvitationStatus { return this.#record.ledger.status }
  get expiresAt (): number | undefined { return this.#record.ledger.expiresAt }
  get role (): Role { return this.#record.role }
  get secret (): Uint8Array { return this.#record.secret }
  get target (): Key | undefined { return this.#record.target }
  get qr (): string { return qrPayload(this.code) }

  get shortCode (): string | undefined { return this.#components.shortCodes.codeOf(this) }

  async publish (options?: AbortOptions): Promise<string> {
    const error = ledger.endOf(this.#record.ledger)

    if (error != null) {
      throw error
    }

    return this.#components.shortCodes.publish(this, options)
  }

  /** A locked short code was replaced. */
  shortCodeReplaced (shortCode: string | undefined): void {
    this.changed()
    this.#callbacks.forEach(callbacks => { quietly(() => callbacks.onShortCode?.(shortCode)) })
  }

  link (base?: string): string {
    return createLink(this.code, base ?? this.#components.linkBase)
  }

  /** Begins to watch the deadline; one that passed while the node was down ends it now. */
  async start (): Promise<void> {
    const { ledger: counted } = this.#record

    if (counted.status !== 'pending') {
      this.#tellLog().catch(() => {})
      return
    }

    if (ledger.isOver(counted, this.#components.clock.now())) {
      await this.#expire()
    } else if (counted.expiresAt != null) {
      this.#callOff = at(this.#components.clock, counted.expiresAt, () => { this.#expire().catch(err => { this.#settle({ type: 'error', error: err as Error }) }) })
    }
  }

  /** The node stops: guests and callbacks are told, the invitation stays. */
  stop (): void {
    this.#callOff()
    const joined = [...this.#guests.values()].map(guest => this.#tellJoin(guest)).findLast(join => join != null)

    if (this.status === 'used' && joined != null) {
      // only the Ack is missing: the member is in the log
      this.#settle({ type: 'done', join: joined })
    }

    const reason = new DOMException('The node stopped; it serves this invitation again after a restart', 'AbortError')
    this.#guests.forEach(guest => { guest.end(reason) })
    this.#settle({ type: 'error', error: reason })
  }

  on (callbacks: InvitationCallbacks): () => void {
    if (this.#end != null) {
      tell(callbacks, this.#end)
      return () => {}
    }

    this.#callbacks.add(callbacks)
    this.#candidates.askAll(callbacks)

    return () => { this.#callbacks.delete(callbacks) }
  }

  async cancel (options?: AbortOptions): Promise<void> {
    await this.#counts.add(async () => {
      if (this.status !== 'pending') {
        return
      }

      const next = this.#next(ledger.end(this.#record.ledger, 'revoked'))
      await this.party.log.append('REVOKE', { invite: this.id, reason: '' }, { ...options, with: putting(next), before: this.#before })
      this.#became(next)
    }, options)
  }

  admit (candidate: PeerId): boolean {
    return this.#candidates.answer(keyOf(candidate), true)
  }

  refuse (candidate: PeerId): boolean {
    return this.#candidates.answer(keyOf(candidate), false)
  }

  async renew ({ signal, ...callbacks }: AbortOptions & InvitationCallbacks = {}): Promise<Invitation> {
    const { role, createdAt, attempts, shape, target, approval, ledger: { uses, used, expiresAt } } = this.#record
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
    this.#counts.add(async () => this.#write(ledger.end(this.#record.ledger, 'revoked')))
      .catch(err => { this.#settle({ type: 'error', error: err as Error }) })
  }

  /** For a preview: throws what ended the invitation. */
  preview (key: string): Session {
    this.#assertFor(key)
    ledger.assertPending(this.#record.ledger, this.#components.clock.now())

    return this.#session()
  }

  /** Was this peer admitted before, by this invitation, and not removed since? */
  async repeat (key: string): Promise<GrantFrame | undefined> {
    this.#assertFor(key)

    // in its turn: an ADMIT that is being written is not durable yet, and may be undone
    return this.#counts.add(async () => {
      const member = this.party.log.member(key)
      const op = this.party.log.get(member?.admit ?? '')

      if (member != null && (op?.kind !== 'ADMIT' || op.payload.invite !== this.id)) {
        throw new InvitationUsedError('You are a member of this party already')
      }

      // admission is idempotent by invitation and member: who was removed, or left, needs a new one
      if (member == null && this.#usedBy().includes(key)) {
        throw new InvitationUsedError('You joined by this invitation before, and are no member any more; ask for a new code')
      }

      return op?.kind === 'ADMIT' ? grantOf(this.party.log, this.id, op) : undefined
    })
  }

  /** SHA-256 of what a guest was shown of the party, hex: its acceptance covers it. */
  shownTo ({ session }: Guest): string {
    const { log } = this.party
    const info = log.get(session?.offer.info ?? '')

    return shownHash(log.genesis, info?.kind === 'INFO' ? info : undefined)
  }

  /** Lets a guest in to try: counts the start, durably, unless it is the same Knock come again. */
  async begin (guest: Guest, knock: Uint8Array): Promise<Session> {
    return this.#counts.add(async () => {
      ledger.assertPending(this.#record.ledger, this.#components.clock.now())

      const before = this.#guests.get(guest.key)

      if (before != null && before !== guest) {
        // who waits for a person and comes again has lost its stream
        if (before.session?.opening == null && before.isCandidate !== true) {
          throw new InviterBusyError()
        }

        before.end(new InviterBusyError())
      } else if (this.#guests.size >= Math.max(MAX_SESSIONS, this.#record.ledger.uses)) {
        throw new InviterBusyError()
      }

      const opening = before?.session?.opening
      const same = opening != null && bytesToHex(opening.knock) === bytesToHex(knock)

      if (!same) {
        await this.#write(ledger.begin(this.#record.ledger, this.#components.clock.now()))
        ledger.assertPending(this.#record.ledger, this.#components.clock.now())
      }

      guest.session = same && before?.session != null ? before.session : this.#session()
      this.#guests.set(guest.key, guest)
      this.changed()

      return guest.session
    })
  }

  /** Takes one attempt, durably; from here to `admit` or `wrong` all other counts wait. */
  async spend (guest: Guest): Promise<number> {
    const { result, release } = await this.#counts.hold(async () => {
      await this.#write(ledger.spend(this.#record.ledger, this.#components.clock.now()))

      return this.#record.ledger.attemptsLeft
    })
    guest.release = release

    return result
  }

  /** The guess was wrong. */
  async wrong (guest: Guest): Promise<void> {
    const next = ledger.wrong(this.#record.ledger)

    try {
      await this.#write(next, { settle: false })
    } catch {
      // the spent attempt is durable, and none left reads as locked at the next start
      this.#became(this.#next(next), { settle: false })
    } finally {
      guest.release?.()
    }

    const { attemptsLeft } = this.#record.ledger
    this.#callbacks.forEach(callbacks => { quietly(() => callbacks.onAttemptFailed?.({ attemptsLeft })) })
    this.#settleIfOver(guest)
  }

  /** The guess was right, and a person has to approve: the attempt comes back, and other counts go on. */
  async right (guest: Guest): Promise<void> {
    try {
      await this.#write(ledger.right(this.#record.ledger))
      guest.isCandidate = true
    } finally {
      guest.release?.()
    }
  }

  /** Asks a person about a candidate. @throws the signal's reason, or what ended the invitation. */
  async approve (guest: Guest, candidate: Candidate, signal: AbortSignal): Promise<boolean> {
    return this.#candidates.ask(guest.key, candidate, [...this.#callbacks], signal)
  }

  /** The guess was right, and who had to approve did: ADMIT, use and the attempt's return, in one batch. */
  async admitGuest (guest: Guest, acceptance: Uint8Array, transcript: Uint8Array): Promise<GrantFrame> {
    const admit = async (): Promise<GrantFrame> => this.#admit(guest, acceptance, transcript)

    return guest.isCandidate === true ? this.#counts.add(admit) : admit()
  }

  async #admit (guest: Guest, acceptance: Uint8Array, transcript: Uint8Array): Promise<GrantFrame> {
    try {
      await this.party.freshen()
      const info = guest.session?.offer.info
      const next = this.#next(ledger.admit(this.#record.ledger, guest.isCandidate))
      const op = await this.party.log.append('ADMIT', { invite: this.id, first: guest.key, ...(info == null ? {} : { info }), acceptance, transcript: bytesToHex(transcript), after: Math.max(0, this.#components.clock.now() - this.#record.createdAt) }, {
        with: putting(next), before: this.#before
      })
      const peerId = peerIdOf(guest.key)
      guest.joined = { party: this.party, member: { peerId, role: this.#record.role, profile: this.#components.profiles.get(guest.key), invitedBy: this.party.self, self: false } }
      this.#became(next)

      return grantOf(this.party.log, this.id, op)
    } finally {
      guest.release?.()
    }
  }

  /** The invitee said no: that ends an invitation made for one. */
  async decline (guest: Guest, reason: string): Promise<void> {
    const declined = { peerId: peerIdOf(guest.key), reason }
    this.#callbacks.forEach(callbacks => { quietly(() => callbacks.onDecline?.(declined)) })
    this.#reason = reason

    if (this.#record.ledger.uses === 1) {
      await this.#counts.add(async () => this.#write(ledger.end(this.#record.ledger, 'declined')))
    }
  }

  /** A guest has gone, or has what it came for. */
  leave (guest: Guest): void {
    guest.release?.()

    if (this.#guests.get(guest.key) === guest) {
      this.#guests.delete(guest.key)
    }

    this.changed()

    const joined = this.#tellJoin(guest)

    // the last to leave ends it: whoever else joined is told before
    if (joined != null && this.status === 'used' && ![...this.#guests.values()].some(other => other.joined != null)) {
      this.#settle({ type: 'done', join: joined })
    }
  }

  protected override snapshot (): InvitationSnapshot {
    const { id, role, createdAt, ledger: { status, uses, attemptsLeft, expiresAt } } = this.#record

    return {
      id, status, role, uses, attemptsLeft, createdAt, expiresAt,
      usedBy: this.#usedBy().map(peerIdOf),
      guests: this.#guests.size,
      candidates: this.#candidates.list(),
      to: this.target == null ? undefined : peerIdOf(this.target),
      delivered: this.#delivered
    }
  }

  /** First keys of those whom it brought. */
  #usedBy (): Key[] {
    const { log } = this.party

    return (log.invite(this.id)?.usedBy ?? []).flatMap(person => log.firstKeyOf(person) ?? [])
  }

  /** Tells of a member that this guest became, once. */
  #tellJoin (guest: Guest): InvitationJoin | undefined {
    const { joined } = guest
    guest.joined = undefined

    if (joined != null) {
      this.#callbacks.forEach(callbacks => { quietly(() => callbacks.onJoin?.(joined)) })
    }

    return joined
  }

  /** @throws {NotForYouError} It is for another: told to who has shown the secret. */
  #assertFor (key: string): void {
    if (this.target != null && this.target !== key) {
      throw new NotForYouError()
    }
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

  async #expire (): Promise<void> {
    await this.#counts.add(async () => this.#write(ledger.end(this.#record.ledger, 'expired')))
  }

  #session (): Session {
    return { attemptsLeft: this.#record.ledger.attemptsLeft, offer: offerOf(this.#record, this.party, this.#components.profiles.own) }
  }

  #next (counted: Ledger): InvitationRecord {
    return { ...this.#record, ledger: counted, ...(counted.status === 'pending' ? {} : { pin: '' }) }
  }

  /** Makes the next counts durable, then has them count. */
  async #write (counted: Ledger, { settle = true } = {}): Promise<void> {
    if (counted !== this.#record.ledger) {
      const next = this.#next(counted)
      await writeBatch(this.#components.datastore, putting(next), { before: this.#before, sync: true })
      this.#became(next, { settle })
    }
  }

  #became (next: InvitationRecord, { settle = true } = {}): void {
    this.#record = next
    this.changed()
    this.party.invitations.refresh(this.id)

    if (settle) {
      this.#settleIfOver()
    }
  }

  /** Tells everyone what ended it; `used` is told by the last guest's leaving. */
  #settleIfOver (except?: Guest): void {
    const status: Status = this.status
    const error = status === 'declined' ? new InvitationDeclinedError(undefined, this.#reason) : ledger.endOf(this.#record.ledger)

    if (status === 'used') {
      // who waited for a yes waits in vain
      this.#guests.forEach((guest) => { if (guest.isCandidate === true && guest.joined == null && guest !== except) { guest.end(new InvitationUsedError()) } })
    }

    if (error == null || status === 'used') {
      return
    }

    this.#callOff()
    this.#tellLog().catch(() => {})
    this.#guests.forEach(guest => { if (guest !== except) { guest.end(error) } })
    this.#settle(error instanceof InvitationExpiredError ? { type: 'expiration' } : { type: 'error', error })
  }

  /** Exactly once. */
  #settle (end: End): void {
    if (this.#end == null) {
      this.#end = end
      this.#callOff()
      this.#callbacks.forEach(callbacks => { tell(callbacks, end) })
      this.#callbacks.clear()
    }
  }
}

function putting (record: InvitationRecord): Fill {
  return (batch) => { batch.put(invitationKey(record), encodeInvitation(record)) }
}

function tell (callbacks: InvitationCallbacks, end: End): void {
  quietly(() => {
    switch (end.type) {
      case 'done': callbacks.onDone?.(end.join); break
      case 'error': callbacks.onError?.(end.error); break
      case 'expiration': callbacks.onExpiration?.(); break
    }
  })
}
