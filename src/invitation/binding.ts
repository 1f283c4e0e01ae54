/**
 * What the CPace run and the acceptance are bound to (DESIGN section 5, "CPace"
 * and "The acceptance"). Both sides build all of it locally.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { base32nopad } from '@scure/base'
import { lvCat } from '../cpace/index.js'
import { INVITE_PROTOCOL } from './constants.js'
import type { Ends } from './keys.js'

const INVITER = utf8ToBytes('inviter')
const INVITEE = utf8ToBytes('invitee')
const TRANSCRIPT = utf8ToBytes('plus-one/invite/1 transcript')
const COMPARISON = utf8ToBytes('plus-one/invite/1 comparison')

/** CI: protocol, both ends with their roles, lookup id, secret. */
export function channelIdentifier (ends: Ends, lookupId: Uint8Array, secret: Uint8Array): Uint8Array {
  return lvCat(utf8ToBytes(INVITE_PROTOCOL), INVITER, ends.inviter, INVITEE, ends.invitee, lookupId, secret)
}

/** sid = nonceA ‖ nonceB, 64 bytes; A is the inviter. */
export function sessionId (inviterNonce: Uint8Array, inviteeNonce: Uint8Array): Uint8Array {
  return concatBytes(inviterNonce, inviteeNonce)
}

/** ADa. */
export function inviterData (ends: Ends): Uint8Array {
  return lvCat(INVITER, ends.inviter)
}

/** ADb. */
export function inviteeData (ends: Ends): Uint8Array {
  return lvCat(INVITEE, ends.invitee)
}

/** PRS: the PIN's ASCII (UTF-8, for alphabets beyond it). */
export function passwordString (pin: string): Uint8Array {
  return utf8ToBytes(pin)
}

/**
 * The hash that the acceptance signs and the ADMIT keeps, 32 bytes: SHA-256 over
 * the bodies of Knock, Welcome and each Retry, then Yb. Public: no tag, nothing
 * derived from the PIN or the session key.
 */
export function transcriptHash (bodies: Uint8Array[], inviteeShare: Uint8Array): Uint8Array {
  return sha256(lvCat(TRANSCRIPT, ...bodies, inviteeShare))
}

/**
 * What both screens show while a person decides, as KXQ-27M: 30 bits of SHA-256
 * over the transcript and Waiting's nonce. The nonce comes after the Answer, so
 * no candidate can search for a share that gives the string of another's screen.
 */
export function comparisonOf (transcript: Uint8Array, nonce: Uint8Array): string {
  const text = base32nopad.encode(sha256(lvCat(COMPARISON, transcript, nonce)))

  return `${text.slice(0, 3)}-${text.slice(3, 6)}`
}
