/**
 * The handshake (docs/handshake.md) as two pure state machines, and what an
 * invitation counts.
 *
 * @packageDocumentation
 */
export {
  DEFAULT_ATTEMPTS, DEFAULT_LIFETIME, DIRECT_PROTOCOL, INVITE_PROTOCOL, INVITEE_ATTEMPTS, MAX_INVITEE_FRAME, MAX_INVITER_FRAME, MAX_REASON, MAX_SESSIONS, MAX_STARTS, SECRET_LENGTH
} from './constants.js'
export { invitee, previewer } from './invitee.js'
export { inviter } from './inviter.js'
export { lookupIdOf, rendezvousIdOf } from './keys.js'
export { encodeBody, encodeFrame } from './frames.js'
export * as ledger from './ledger.js'
export { InviterBusyError, NoAnswerError, NotForYouError, refusalCode } from './refusals.js'
export type { InviteeEffect, InviteeOutcome, PinAnswer, WaitAnswer, Welcomed } from './invitee.js'
export type { InviterEffect, InviterOutcome, Offer, Session, Verdict } from './inviter.js'
export type { Ledger, Status } from './ledger.js'
export type { GrantFrame, PreviewFrame } from './frames.js'
