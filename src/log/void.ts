/** Why an op has no effect (docs/membership-log.md, "Why an op is void"). */
import type { Entry } from './entry.js'
import type { OpId } from './kinds.js'

/** Why an authorised op has no effect. */
export type VoidReason =
  /** Its author key was unlinked, or what linked it is void. */
  | 'key-unlinked'
  /** Someone above removed its author (or, for a host's ADMIT, the inviter) concurrently. */
  | 'author-removed'
  /** Someone above gave its author (or the inviter) less, concurrently. */
  | 'author-demoted'
  /** What made its author (or the inviter) what it was is itself void. */
  | 'author-void'
  /** Someone above decided about the same person concurrently. */
  | 'above-concurrent'
  /** By what those above had said, the person is not below its author. */
  | 'person-above'
  /** Its invitation is itself void. */
  | 'invite-void'
  /** Its invitation was revoked. */
  | 'revoked'
  /** Its invitation had no use left. */
  | 'uses'

export interface Void {
  reason: VoidReason
  /** The op to blame, where it is one; of several the one of the highest level, then the lowest id. */
  because?: OpId
}

/** Of all ADMITs whose turn did not come. */
export const USED_UP: Void = { reason: 'uses' }

export function isSameVoid (a: Void | undefined, b: Void | undefined): boolean {
  return a?.reason === b?.reason && a?.because === b?.because
}

export function blame (reason: VoidReason, because: Entry | undefined): Void {
  return because == null ? { reason } : { reason, because: because.id }
}
