/**
 * What an inviter counts of one invitation (docs/handshake.md, "What is counted"),
 * as pure transitions: each takes the ledger and gives the next one, or throws the
 * error that is told to who has shown the secret. The caller makes the next one
 * durable before it acts on it.
 */
import { InvitationDeclinedError, InvitationExpiredError, InvitationLockedError, InvitationRevokedError, InvitationUsedError } from '../errors.js'

export type Status = 'pending' | 'used' | 'expired' | 'revoked' | 'declined' | 'locked'

export interface Ledger {
  readonly status: Status
  /** Guesses that may still be made; durable before a guess is looked at. */
  readonly attemptsLeft: number
  /** How many may join. */
  readonly uses: number
  /** How many did. */
  readonly used: number
  /** ms since 1970; undefined: never. */
  readonly expiresAt?: number
}

/** What ended it, as the error that it is; undefined while it is pending. */
export function endOf ({ status }: Ledger): Error | undefined {
  return status === 'pending' ? undefined : errorOf(status)
}

/** An end as the error that it is. @param reason - What who declined it said */
export function errorOf (status: Exclude<Status, 'pending'>, reason?: string): Error {
  switch (status) {
    case 'used': return new InvitationUsedError()
    case 'expired': return new InvitationExpiredError()
    case 'revoked': return new InvitationRevokedError()
    case 'declined': return new InvitationDeclinedError(undefined, reason)
    case 'locked': return new InvitationLockedError()
  }
}

/** Throws what ended the invitation; a deadline that has passed ends it too, even before its timer fires. */
export function assertPending (ledger: Ledger, now: number): void {
  const end = endOf(ledger)

  if (end != null) {
    throw end
  }

  if (isOver(ledger, now)) {
    throw new InvitationExpiredError()
  }
}

/** Has the deadline passed? The inviter's clock alone judges. */
export function isOver (ledger: Ledger, now: number): boolean {
  return ledger.expiresAt != null && now >= ledger.expiresAt
}

/** One guess is about to be verified: a PIN that is spent before the deadline is honoured after it. */
export function spend (ledger: Ledger, now: number): Ledger {
  assertPending(ledger, now)

  if (ledger.attemptsLeft <= 0) {
    throw new InvitationLockedError()
  }

  return { ...ledger, attemptsLeft: ledger.attemptsLeft - 1 }
}

/** The guess was wrong: at none left the invitation is locked. */
export function wrong (ledger: Ledger): Ledger {
  return ledger.status === 'pending' && ledger.attemptsLeft <= 0 ? { ...ledger, status: 'locked' } : ledger
}

/** The guess was right, and a person has to approve: its attempt comes back at once, or those who wait would lock it. */
export function right (ledger: Ledger): Ledger {
  return { ...ledger, attemptsLeft: ledger.attemptsLeft + 1 }
}

/** The guess was right and a member joins: its attempt comes back, if `right` did not give it before. */
export function admit (ledger: Ledger, approved = false): Ledger {
  const end = endOf(ledger)

  if (end != null) {
    throw end
  }

  const used = ledger.used + 1

  return { ...(approved ? ledger : right(ledger)), used, status: used >= ledger.uses ? 'used' : 'pending' }
}

/** Ends a pending invitation; one that has ended stays as it is. */
export function end (ledger: Ledger, status: Status): Ledger {
  return ledger.status === 'pending' ? { ...ledger, status } : ledger
}
