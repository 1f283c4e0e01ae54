/**
 * The handshake of an invitation (docs/handshake.md): what it is called and limited
 * by, what an invitation counts, and what is derived from a code. Its two machines
 * are in `machines.ts`, which is loaded when the first handshake begins.
 *
 * @packageDocumentation
 */
export {
  DEFAULT_ATTEMPTS, DEFAULT_LIFETIME, DIRECT_PROTOCOL, IDLE_AFTER, INVITE_PROTOCOL, INVITEE_ATTEMPTS, MAX_INVITEE_FRAME, MAX_INVITER_FRAME, MAX_REASON, MAX_REFUSALS, MAX_REFUSALS_OF_PEER,
  MAX_SESSIONS, MAX_STARTS, MAX_STARTS_OF_PEER, REFUSALS_WINDOW, SECRET_LENGTH, STARTS_WINDOW
} from './constants.js'
export { isSpent, lookupIdOf, rendezvousIdOf, spentOf } from './keys.js'
export * as ledger from './ledger.js'
export { InviterBusyError, NoAnswerError, NotForYouError, UnlinkedError } from './errors.js'
export type { Accepted, InviteeEffect, InviteeOutcome, PinAnswer, WaitAnswer, Welcomed } from './invitee.js'
export type { Admitted, InviterEffect, InviterOutcome, Offer, Session, Verdict } from './inviter.js'
export type { Ledger, Status } from './ledger.js'
export type { GrantFrame, PreviewFrame } from './frames.js'
