/** Places in the handshakes of one invitation, and how often one may begin one: strangers share them (docs/handshake.md, "What is counted"). */
import { bytesToHex } from '@noble/hashes/utils.js'
import { InvitationDeclinedError } from '../errors.js'
import {
  IDLE_AFTER, InviterBusyError, MAX_REFUSALS, MAX_REFUSALS_OF_PEER, MAX_SESSIONS, MAX_STARTS, MAX_STARTS_OF_PEER, REFUSALS_WINDOW, STARTS_WINDOW
} from '../invitation/index.js'
import { Allowance } from '../limits/allowance.js'
import { Shares } from '../limits/shares.js'
import type { Clock, InvitationJoin } from '../interface/index.js'
import type { Ledger, Session } from '../invitation/index.js'
import type { Holder } from '../limits/shares.js'

/** A peer in a handshake: at most one for each peer. */
export interface Guest extends Holder {
  /** The member key that the connection proved, hex. */
  key: string
  /** Ends its wait, with what it is told. */
  end: (reason: Error) => void
  session?: Session
  /** When it came, by `clock.elapsed()`. */
  since?: number
  /** Its start is not answered yet. */
  isCounted?: boolean
  /** Held while its guess is judged: other counts wait. */
  release?: () => void
  /** It has shown the PIN and waits for a person: other counts go on. */
  isCandidate?: boolean
  /** Set once the ADMIT is durable, until it is told. */
  joined?: InvitationJoin
}

export class Places {
  readonly #clock: Clock
  readonly #guests = new Map<string, Guest>()
  readonly #shares = new Shares<Guest>()
  /** Handshakes that were begun, and not answered. */
  readonly #starts: Allowance
  /** Questions about candidates that a person answered with no. */
  readonly #refusals: Allowance

  constructor (clock: Clock) {
    this.#clock = clock
    this.#starts = new Allowance(clock, { ofPeer: MAX_STARTS_OF_PEER, window: STARTS_WINDOW })
    this.#refusals = new Allowance(clock, { ofPeer: MAX_REFUSALS_OF_PEER, window: REFUSALS_WINDOW })
  }

  get size (): number { return this.#guests.size }

  [Symbol.iterator] (): Iterator<Guest> {
    return this.#guests.values()
  }

  /**
   * Gives a guest a place, and counts its start, unless it is the same Knock come again.
   *
   * @param begin - Makes its session, where it has none to go on with
   * @throws {InviterBusyError} It may come again.
   * @throws {InvitationDeclinedError} A person said no to it, again and again.
   */
  enter (guest: Guest, knock: Uint8Array, { uses, used }: Ledger, begin: () => Session): Session {
    const before = this.#guests.get(guest.key)
    const opening = before?.session?.opening
    const same = opening != null && bytesToHex(opening.knock) === bytesToHex(knock)

    if (this.#refusals.isSpent(guest.peer)) {
      throw new InvitationDeclinedError('The inviter said no; ask them why, or for a new invitation')
    }

    // who waits for a person and comes again has lost its stream
    if ((before != null && opening == null && before.isCandidate !== true) || !this.#refusals.has(guest, MAX_REFUSALS) ||
      (!same && !this.#starts.has(guest, MAX_STARTS * Math.max(1, uses - used)))) {
      throw new InviterBusyError()
    }

    if (before == null) {
      this.#makeRoom(guest, Math.max(MAX_SESSIONS, uses))
    } else {
      before.end(new InviterBusyError())
      this.leave(before)
    }

    if (!same) {
      this.#starts.take(guest)
    }

    guest.isCounted = same ? before?.isCounted : true
    guest.since = this.#clock.elapsed()
    guest.session = same && before?.session != null ? before.session : begin()
    this.#guests.set(guest.key, guest)
    this.#shares.add(guest)

    return guest.session
  }

  /** From here on its attempts are what counts. */
  answered (guest: Guest): void {
    if (guest.isCounted === true) {
      guest.isCounted = false
      this.#starts.giveBack(guest.peer)
    }
  }

  /** A person said no to it. */
  refused (guest: Guest): void {
    this.#refusals.take(guest)
  }

  leave (guest: Guest): void {
    this.#shares.delete(guest)

    if (this.#guests.get(guest.key) === guest) {
      this.#guests.delete(guest.key)
    }
  }

  /** Where all places are taken, who holds most and does nothing gives one up. */
  #makeRoom (newcomer: Guest, places: number): void {
    const isIdle = ({ session, since = 0 }: Guest): boolean => session?.opening != null && this.#clock.elapsed() - since >= IDLE_AFTER

    if (this.#guests.size >= places) {
      const other = this.#shares.yielding(newcomer, isIdle)

      // one that is fresh may have its Answer on the way
      if (other == null || !(isIdle(other) || other.isCandidate === true)) {
        throw new InviterBusyError()
      }

      other.end(new InviterBusyError())
      this.leave(other)
    }
  }
}
