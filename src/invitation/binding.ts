/**
 * What the CPace run is bound to (docs/handshake.md, "CPace"), and the acceptance
 * (docs/handshake.md, "The acceptance"). Both sides build all of it locally.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { base32crockford } from '@scure/base'
import { lvCat } from '../cpace/index.js'
import { INVITE_PROTOCOL } from './constants.js'
import { lookupIdOf } from './keys.js'
import type { GrantKeyInit } from '../keys/grant-secrets.js'
import type { Ends, RunInit } from '../pake/index.js'
import type { GrantFrame } from './frames.js'

const TRANSCRIPT = utf8ToBytes('plus-one/invite/1 transcript')
const COMPARISON = utf8ToBytes('plus-one/invite/1 comparison')

/** The run of an invitation: lookup id and secret are bound beside protocol and ends. */
export function runOf (ends: Ends, secret: Uint8Array, pin: string, nonces: Ends, random: RunInit['random']): RunInit {
  return { protocol: INVITE_PROTOCOL, ends, password: pin, bound: [lookupIdOf(secret), secret], nonces, random }
}

/**
 * The hash that the acceptance signs and the ADMIT keeps, 32 bytes: SHA-256 over
 * the bodies of Knock, Welcome and each Retry, then Yb. Public: no tag, nothing
 * derived from the PIN or the session key.
 */
export function transcriptHash (bodies: Uint8Array[], inviteeShare: Uint8Array): Uint8Array {
  return sha256(lvCat(TRANSCRIPT, ...bodies, inviteeShare))
}

/** What the secrets in a Grant are sealed under: the session key is used for nothing else but the tags. */
export function grantKeyOf (codeSecret: Uint8Array, sessionKey: Uint8Array, transcript: Uint8Array, { admit }: Pick<GrantFrame, 'admit'>): GrantKeyInit {
  // an op's id, as the log makes it (docs/membership-log.md, "Format")
  return { codeSecret, sessionKey, transcript, admit: bytesToHex(sha256(admit?.body ?? new Uint8Array())) }
}

/**
 * What both screens show while a person decides, as KXQ-27M: 30 bits of SHA-256 in
 * Crockford's base32, which has no look-alikes,
 * over the transcript and Waiting's nonce. The nonce comes after the Answer, so
 * no candidate can search for a share that gives the string of another's screen.
 */
export function comparisonOf (transcript: Uint8Array, nonce: Uint8Array): string {
  const text = base32crockford.encode(sha256(lvCat(COMPARISON, transcript, nonce)))

  return `${text.slice(0, 3)}-${text.slice(3, 6)}`
}
