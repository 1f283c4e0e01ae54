/**
 * The exchange `/plus-one/code/1.0.0`: over CPace, the secret words of a short code
 * become the full code (docs/short-codes.md, "The exchange"). Two pure state
 * machines, and what an inviter counts.
 *
 * @packageDocumentation
 */
export { CODE_PROTOCOL, MAX_CANDIDATES, MAX_GUESSES, MAX_INVITEE_FRAME, MAX_INVITER_FRAME, MAX_SESSIONS } from './constants.js'
export { encodeFrame } from './frames.js'
export { invitee } from './invitee.js'
export { inviter } from './inviter.js'
export * as guesses from './ledger.js'
export { BusyError, NameplateLockedError, refusalCode, WrongWordsError } from './refusals.js'
export type { InviteeEffect } from './invitee.js'
export type { InviterEffect, ShortCodeOffer } from './inviter.js'
export type { Guesses } from './ledger.js'
