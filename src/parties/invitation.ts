/** One invitation at its inviter: what is counted, durable before it counts; its timer; its ends. */
import { Queue } from '@libp2p/utils'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { createLink } from '../codec/index.js'
import { InvitationExpiredError, InvitationUsedError } from '../errors.js'
import { InviterBusyError, ledger, lookupIdOf, MAX_SESSIONS } from '../invitation/index.js'
import { writeBatch } from '../log/index.js'
import { at } from './clock.js'
import { Observable, quietly } from './observable.js'
import { peerIdOf } from './peers.js'
import { encodeInvitation, invitationKey } from './records.js'
import type { Clock, Invitation, InvitationCallbacks, InvitationJoin, InvitationSnapshot, InvitationStatus } from './interface.js'
import type { LocalParty } from './party.js'
import type { InvitationRecord } from './records.js'
import type { GrantFrame, Ledger, Session, Status } from '../invitation/index.js'
import type { Op, Role } from '../log/index.js'
import type { AbortOptions } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

/** A peer at the door: at most one for each peer. */
export interface Guest {
  /** The member key that the connection proved, hex. */
  key: string
  /** Ends its wait, with what it is told. */
  end: (reason: Error) => void
  session?: Session
  /** Held while its guess is judged: other counts wait. */
  turn?: { resolve: () => void }
  /** Set once the ADMIT is durable, until it is told. */
  joined?: InvitationJoin
}

export interface InvitationComponents {
  datastore: Datastore
  clock: Clock
}

type End = { type: 'done', join: InvitationJoin } | { type: 'error', error: Error } | { type: 'expiration' }

export class LocalInvitation extends Observable<InvitationSnapshot> implements Invitation {
  readonly party: LocalParty
  readonly lookupId: string
  readonly #components: InvitationComponents
  readonly #counts = new Queue({ concurrency: 1 })
  readonly #callbacks = new Set<InvitationCallbacks>()
  readonly #guests = new Map<string, Guest>()
  #record: InvitationRecord
  #end: End | undefined
  #callOff = (): void => {}

  constructor (components: InvitationComponents, party: LocalParty, record: InvitationRecord) {
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

  link (base?: string): string {
    return createLink(this.code, base)
  }

  /** Begins to watch the deadline; one that passed while the node was down ends it now. */
  async start (): Promise<void> {
    const { ledger: counted } = this.#record

    if (counted.status !== 'pending') {
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

    return () => { this.#callbacks.delete(callbacks) }
  }

  async cancel (options?: AbortOptions): Promise<void> {
    await this.#counts.add(async () => {
      if (this.status !== 'pending') {
        return
      }

      const next = this.#next(ledger.end(this.#record.ledger, 'revoked'))
      await this.party.log.append('REVOKE', { invite: this.id, reason: '' }, { ...options, with: batch => { batch.put(invitationKey(next), encodeInvitation(next)) } })
      this.#became(next)
    }, options)
  }

  /** The log revoked it, or took away this node's right to admit: it is served no more. */
  overrule (): void {
    this.#counts.add(async () => this.#write(ledger.end(this.#record.ledger, 'revoked')))
      .catch(err => { this.#settle({ type: 'error', error: err as Error }) })
  }

  /** For a preview: throws what ended the invitation. */
  look (): Session {
    ledger.assertPending(this.#record.ledger, this.#components.clock.now())

    return this.#session()
  }

  /** Was this peer admitted before, by this invitation, and not removed since? */
  async repeat (key: string): Promise<GrantFrame | undefined> {
    // in its turn: an ADMIT that is being written is not durable yet, and may be undone
    return this.#counts.add(async () => {
      const member = this.party.log.member(key)
      const op = this.party.log.get(member?.admit ?? '')

      if (member != null && (op?.kind !== 'ADMIT' || op.payload.invite !== this.id)) {
        throw new InvitationUsedError('You are a member of this party already')
      }

      // admission is idempotent by invitation and member: who was removed, or left, needs a new one
      if (member == null && this.party.log.invite(this.id)?.usedBy.includes(key) === true) {
        throw new InvitationUsedError('You joined by this invitation before, and are no member any more; ask for a new code')
      }

      return op == null ? undefined : this.#grant(op)
    }) as Promise<GrantFrame | undefined>
  }

  /** Lets a guest in to try: counts the start, durably, unless it is the same Knock come again. */
  async begin (guest: Guest, knock: Uint8Array): Promise<Session> {
    return this.#counts.add(async () => {
      ledger.assertPending(this.#record.ledger, this.#components.clock.now())

      const before = this.#guests.get(guest.key)

      if (before != null && before !== guest) {
        if (before.session?.opening == null) {
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
    }) as Promise<Session>
  }

  /** Takes one attempt, durably; from here to `admit` or `wrong` all other counts wait. */
  async spend (guest: Guest): Promise<number> {
    const turn = Promise.withResolvers<void>()
    const spent = Promise.withResolvers<number>()
    guest.turn = turn

    this.#counts.add(async () => {
      try {
        await this.#write(ledger.spend(this.#record.ledger, this.#components.clock.now()))
        spent.resolve(this.#record.ledger.attemptsLeft)
      } catch (err) {
        spent.reject(err)
        return
      }

      await turn.promise
    }).catch(err => { spent.reject(err) })

    return spent.promise
  }

  /** The guess was wrong. */
  async wrong (guest: Guest): Promise<void> {
    const next = ledger.wrong(this.#record.ledger)

    try {
      await this.#write(next, false)
    } catch {
      // the spent attempt is durable, and none left reads as locked at the next start
      this.#became(this.#next(next), false)
    } finally {
      guest.turn?.resolve()
    }

    const { attemptsLeft } = this.#record.ledger
    this.#callbacks.forEach(callbacks => { quietly(() => callbacks.onAttemptFailed?.({ attemptsLeft })) })
    this.#settleIfOver(guest)
  }

  /** The guess was right: ADMIT, use and the attempt's return, in one batch. */
  async admit (guest: Guest, acceptance: Uint8Array, transcript: Uint8Array): Promise<GrantFrame> {
    try {
      await this.party.freshen()
      const next = this.#next(ledger.admit(this.#record.ledger))
      const op = await this.party.log.append('ADMIT', { invite: this.id, member: guest.key, acceptance, transcript: bytesToHex(transcript) }, {
        with: batch => { batch.put(invitationKey(next), encodeInvitation(next)) }
      })
      const peerId = peerIdOf(guest.key)
      guest.joined = { party: this.party, member: { peerId, role: this.#record.role, profile: this.party.profileOf(guest.key), invitedBy: this.party.self, self: false } }
      this.#became(next, false)

      return this.#grant(op)
    } finally {
      guest.turn?.resolve()
    }
  }

  /** The invitee said no: that ends an invitation made for one. */
  async decline (): Promise<void> {
    if (this.#record.ledger.uses === 1) {
      await this.#counts.add(async () => this.#write(ledger.end(this.#record.ledger, 'declined')))
    }
  }

  /** A guest has gone, or has what it came for. */
  leave (guest: Guest): void {
    guest.turn?.resolve()

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
      usedBy: (this.party.log.invite(id)?.usedBy ?? []).map(peerIdOf),
      guests: this.#guests.size
    }
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

  async #expire (): Promise<void> {
    await this.#counts.add(async () => this.#write(ledger.end(this.#record.ledger, 'expired')))
  }

  #session (): Session {
    const { party, id, secret, pin, shape, ledger: { attemptsLeft, expiresAt } } = this.#record

    return {
      attemptsLeft,
      offer: {
        genesis: hexToBytes(party),
        invite: hexToBytes(id),
        lookupId: lookupIdOf(secret),
        secret,
        pin,
        preview: {
          name: this.party.name,
          kind: this.party.kind,
          memberCount: this.party.log.memberCount,
          profile: this.party.ownProfile as Uint8Array<ArrayBuffer>,
          role: this.#record.role,
          expiresAt: BigInt(expiresAt ?? 0),
          pinLength: shape.length,
          pinAlphabet: shape.alphabet
        }
      }
    }
  }

  #grant (admit: Op): GrantFrame {
    const wire = ({ body, sig }: { body: Uint8Array, sig: Uint8Array }): NonNullable<GrantFrame['admit']> => ({ body: body as Uint8Array<ArrayBuffer>, sig: sig as Uint8Array<ArrayBuffer> })

    return {
      tag: new Uint8Array(),
      admit: wire(admit.signed),
      authority: this.party.log.authority(this.id).map(wire),
      heads: this.party.log.heads.slice(0, 16).map(head => hexToBytes(head) as Uint8Array<ArrayBuffer>)
    }
  }

  #next (counted: Ledger): InvitationRecord {
    return { ...this.#record, ledger: counted, ...(counted.status === 'pending' ? {} : { pin: '' }) }
  }

  /** Makes the next counts durable, then has them count. */
  async #write (counted: Ledger, settle = true): Promise<void> {
    if (counted !== this.#record.ledger) {
      const next = this.#next(counted)
      await writeBatch(this.#components.datastore, batch => { batch.put(invitationKey(next), encodeInvitation(next)) })
      this.#became(next, settle)
    }
  }

  #became (next: InvitationRecord, settle = true): void {
    this.#record = next
    this.changed()
    this.party.invitations.refresh()

    if (settle) {
      this.#settleIfOver()
    }
  }

  /** Tells everyone what ended it; `used` is told by the last guest's leaving. */
  #settleIfOver (except?: Guest): void {
    const error = ledger.endOf(this.#record.ledger)
    const status: Status = this.status

    if (error == null || status === 'used') {
      return
    }

    this.#callOff()
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

function tell (callbacks: InvitationCallbacks, end: End): void {
  quietly(() => {
    switch (end.type) {
      case 'done': callbacks.onDone?.(end.join); break
      case 'error': callbacks.onError?.(end.error); break
      case 'expiration': callbacks.onExpiration?.(); break
    }
  })
}
