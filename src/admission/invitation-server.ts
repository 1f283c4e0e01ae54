/** Serves one invitation: which guests are in a handshake of it, and what these ask of its counts and of the log. */
import { AlreadyMemberError, InvitationUsedError } from '../errors.js'
import { NotForYouError } from '../invitation/index.js'
import { acceptanceBytes, linkBytes } from '../log/acceptance.js'
import { peerIdOf } from '../log/terms.js'
import { shownHash } from '../log/verify.js'
import { assertDevice, broughtBy, grantOf, isHome, offerOf, returnOf } from './offer.js'
import { joinOf, usedBy } from './joins.js'
import { Places } from './places.js'
import type { Callbacks } from './callbacks.js'
import type { Candidates } from './candidates.js'
import type { Counts } from './counts.js'
import type { InvitingParty } from './inviting-party.js'
import type { Guest } from './places.js'
import type { AdmissionMetrics } from './metrics.js'
import type { ProfileBook } from './profile-book.js'
import type { Candidate, Clock, InvitationJoin } from '../interface/index.js'
import type { Admitted, GrantFrame, Session } from '../invitation/index.js'
import type { Key, Payloads, Role } from '../log/index.js'

/** What a guest has signed, and for which seat. */
export type Accepted = Pick<Payloads['ADMIT'], 'recovery' | 'acceptance' | 'transcript'>

export interface DoorInit {
  clock: Clock
  party: InvitingParty
  profiles: ProfileBook
  metrics?: AdmissionMetrics
  counts: Counts
  candidates: Candidates
  callbacks: Callbacks
  /** Guests came or went. */
  changed: () => void
  /** What was counted may have ended it: told to all but this guest, who is told by its handshake. */
  settle: (except?: Guest) => void
  /** The last use is told of: nobody else who joined is in its handshake. */
  done: (join: InvitationJoin) => void
  /** The invitee said no. */
  declined: (reason: string) => Promise<void>
}

export class InvitationServer {
  readonly #init: DoorInit
  /** Nobody has come to most of them. */
  #places: Places | undefined
  /** Read from the INVITE for the first guest, and kept for the others: it never changes. */
  #data: { ofApp: Uint8Array | undefined } | undefined

  constructor (init: DoorInit) {
    this.#init = init
  }

  get id (): string { return this.#init.counts.record.id }
  get party (): InvitingParty { return this.#init.party }
  get secret (): Uint8Array { return this.#init.counts.record.secret }
  get role (): Role { return this.#init.counts.record.role }
  /** Guests now. */
  get size (): number { return this.#places?.size ?? 0 }

  /** For a preview: throws what ended the invitation. */
  preview (key: Key): Session {
    this.#assertFor(key)
    this.#init.counts.assertPending()

    return this.#session(key)
  }

  /** Was this peer admitted before, by this invitation, and not removed since? */
  async repeat (key: Key): Promise<GrantFrame | undefined> {
    this.#assertFor(key)
    const { log } = this.party

    // in its turn: an ADMIT that is being written is not durable yet, and may be undone
    return this.#init.counts.add(async () => {
      const member = log.member(key)
      const op = broughtBy(log, key)

      if (isHome(log)) {
        assertDevice(log, key)
      } else if (member != null && member.key !== key) {
        // its own device would have to be handed what links it, too
        throw new AlreadyMemberError()
      }

      // admission is idempotent by invitation and member: who was removed, or left, needs a new one
      if (member == null && log.personsOf(key).length > 0 && usedBy(this.party, this.id).includes(key)) {
        throw new InvitationUsedError('You joined by this invitation before, and are no member any more; ask for a new code')
      }

      // a member by another: told so in the Welcome
      return op?.payload.invite === this.id ? grantOf(log, op) : undefined
    })
  }

  /** What a guest signs who says yes: for a seat, or as a device for that of the person whose home it is. */
  acceptedBytes ({ key, session }: Guest, { recovery, transcript }: Omit<Accepted, 'acceptance'>): Uint8Array {
    const { log } = this.party
    const inviter = log.self

    if (isHome(log)) {
      return linkBytes(log.key, log.member(inviter)?.person ?? '', inviter)
    }

    const info = log.get(session?.offer.info ?? '')
    const preview = shownHash(log.genesis, info?.kind === 'INFO' ? info : undefined)

    return acceptanceBytes({ genesis: log.key, invite: this.id, first: key, recovery, inviter, role: this.role, preview, transcript })
  }

  /** Lets a guest in to try. @throws what `Places.enter` throws, or what ended the invitation. */
  async begin (guest: Guest, knock: Uint8Array): Promise<Session> {
    const { counts, changed } = this.#init

    return counts.add(async () => {
      counts.assertPending()
      this.#places ??= new Places(this.#init.clock)
      const session = this.#places.enter(guest, knock, counts.ledger, () => this.#session(guest.key))
      changed()

      return session
    })
  }

  /** Takes one attempt, durably; from here to `admit` or `wrong` all other counts wait. */
  async spend (guest: Guest): Promise<number> {
    const { result, release } = await this.#init.counts.spend()
    guest.release = release
    this.#places?.answered(guest)

    return result
  }

  /** The guess was wrong. */
  async wrong (guest: Guest): Promise<void> {
    const { counts, callbacks, metrics, settle } = this.#init
    await counts.wrong()
    metrics?.attempts.increment({ wrong: true })
    guest.release?.()

    const { attemptsLeft } = counts.ledger

    if (attemptsLeft === 0) {
      metrics?.locked.increment()
    }

    callbacks.tell(told => told.onAttemptFailed?.({ attemptsLeft }))
    settle(guest)
  }

  /** The guess was right, and a person has to approve: the attempt comes back, and other counts go on. */
  async right (guest: Guest): Promise<void> {
    try {
      await this.#init.counts.right()
      this.#init.metrics?.attempts.increment({ right: true })
      guest.isCandidate = true
    } finally {
      guest.release?.()
    }
  }

  /** Asks a person about a candidate. @throws the signal's reason, or what ended the invitation. */
  async approve (guest: Guest, candidate: Candidate, signal: AbortSignal): Promise<boolean> {
    const approved = await this.#init.candidates.ask(guest.key, candidate, this.#init.callbacks.list(), signal)

    if (!approved) {
      this.#places?.refused(guest)
    }

    return approved
  }

  /** The guess was right, and who had to approve did: ADMIT, use and the attempt's return, in one batch. */
  async admitGuest (guest: Guest, accepted: Accepted): Promise<Admitted> {
    const admit = async (): Promise<GrantFrame> => guest.session?.offer.preview.member === true
      ? this.#return(guest)
      : this.#admit(guest, accepted)
    const grant = await (guest.isCandidate === true ? this.#init.counts.add(admit) : admit())

    // only now: of what the ADMIT rests on, the key is the newest
    return { grant, secrets: await this.party.secrets() }
  }

  async #admit (guest: Guest, accepted: Accepted): Promise<GrantFrame> {
    const { party, party: { log }, counts, clock, metrics, settle } = this.#init

    try {
      await party.freshen()
      const info = guest.session?.offer.info
      const after = Math.max(0, clock.now() - counts.record.createdAt)
      const op = await counts.admit(guest.isCandidate, async (put, before) => {
        const op = isHome(log)
          ? await log.append('LINK', { key: guest.key, acceptance: accepted.acceptance, invite: this.id }, { with: put, before })
          : await log.append('ADMIT', { invite: this.id, first: guest.key, ...accepted, ...(info == null ? {} : { info }), after }, { with: put, before })
        guest.joined = joinOf(party, this, guest.key)

        return op
      })
      metrics?.admissions.increment()

      if (guest.isCandidate !== true) {
        metrics?.attempts.increment({ right: true })
      }

      settle()

      return grantOf(log, op)
    } finally {
      guest.release?.()
    }
  }

  /** A member has shown the PIN: it has lost its store, and gets the party back. Nothing is used. */
  async #return (guest: Guest): Promise<GrantFrame> {
    const { party: { log }, counts, metrics } = this.#init

    try {
      await counts.right()
      metrics?.attempts.increment({ right: true })

      if (log.member(guest.key) == null) {
        throw new InvitationUsedError('You are no member of this party any more; ask for a new code')
      }

      return returnOf(log, guest.key)
    } finally {
      guest.release?.()
    }
  }

  /** The invitee said no. */
  async decline (guest: Guest, reason: string): Promise<void> {
    const declined = { peerId: peerIdOf(guest.key), reason }
    this.#init.callbacks.tell(told => told.onDecline?.(declined))
    await this.#init.declined(reason)
  }

  /** A guest has gone, or has what it came for. */
  leave (guest: Guest): void {
    guest.release?.()
    this.#places?.leave(guest)
    this.#init.changed()

    const joined = this.#tellJoin(guest)

    // the last to leave ends it: whoever else joined is told before
    if (joined != null && this.#init.counts.status === 'used' && ![...this.#places ?? []].some(other => other.joined != null)) {
      this.#init.done(joined)
    }
  }

  /** Ends the wait of these guests, or of all. */
  end (reason: Error, which: (guest: Guest) => boolean = () => true): void {
    for (const guest of [...this.#places ?? []].filter(which)) {
      guest.end(reason)
    }
  }

  /** Tells of all who joined and have not left yet. @returns The last of them */
  tellJoins (): InvitationJoin | undefined {
    return [...this.#places ?? []].map(guest => this.#tellJoin(guest)).findLast(join => join != null)
  }

  /** Tells of a member that this guest became, once. */
  #tellJoin (guest: Guest): InvitationJoin | undefined {
    const { joined } = guest
    guest.joined = undefined

    if (joined != null) {
      this.#init.callbacks.tell(told => told.onJoin?.(joined))
    }

    return joined
  }

  /** @throws {NotForYouError} It is for another: told to who has shown the secret. */
  #assertFor (key: Key): void {
    const { target } = this.#init.counts.record

    if (target != null && target !== key) {
      throw new NotForYouError()
    }
  }

  #session (key: Key): Session {
    const { counts: { record, ledger: { attemptsLeft } }, profiles } = this.#init
    this.#data ??= { ofApp: this.party.log.dataOf(this.id) }

    return { attemptsLeft, offer: offerOf(record, this.party, this.#data.ofApp, profiles.own, key) }
  }
}
