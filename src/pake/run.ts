/**
 * One CPace run between an inviter (A, the initiator) and an invitee (B, the
 * responder): what it is bound to, and who confirms first. Both sides build all
 * of it locally (docs/handshake.md, "CPace").
 */
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { CPaceError, CPaceInitiator, CPaceResponder, lvCat } from '../cpace/index.js'
import { ProtocolError } from '../errors.js'
import type { Confirmed, CPaceInit, CPaceResponse } from '../cpace/index.js'

const INVITER = utf8ToBytes('inviter')
const INVITEE = utf8ToBytes('invitee')

/** The two ends as multihash bytes of their PeerIds, from the connection, never from the wire. */
export interface Ends {
  inviter: Uint8Array
  invitee: Uint8Array
}

export interface RunInit {
  /** Protocol id. */
  protocol: string
  ends: Ends
  /** PRS: the PIN or the secret words, as UTF-8. */
  password: string
  /** What else CI binds, after protocol and ends. */
  bound: Uint8Array[]
  /** 32 bytes each. */
  nonces: Ends
  random: (bytes: number) => Uint8Array
}

/** PRS; CI: protocol, both ends with their roles, what else is bound; sid = nonceA ‖ nonceB, 64 bytes. */
function inputsOf ({ protocol, ends, password, bound, nonces, random }: RunInit): Omit<CPaceInit, 'ad'> {
  return {
    prs: utf8ToBytes(password),
    ci: lvCat(utf8ToBytes(protocol), INVITER, ends.inviter, INVITEE, ends.invitee, ...bound),
    sid: concatBytes(nonces.inviter, nonces.invitee),
    random
  }
}

/** ADa. */
function inviterData (ends: Ends): Uint8Array {
  return lvCat(INVITER, ends.inviter)
}

/** ADb. */
function inviteeData (ends: Ends): Uint8Array {
  return lvCat(INVITEE, ends.invitee)
}

/** Begins a run, on the inviter's side. */
export function initiate (init: RunInit): CPaceInitiator {
  return new CPaceInitiator({ ...inputsOf(init), ad: inviterData(init.ends) })
}

/** The inviter's own tag, and the session key, if the invitee's tag holds; undefined for a wrong guess, a bad share among them. */
export function confirm (cpace: CPaceInitiator, ends: Ends, share: Uint8Array, tag: Uint8Array): Confirmed | undefined {
  try {
    return cpace.confirm(share, inviteeData(ends), tag)
  } catch (err) {
    if (err instanceof CPaceError) {
      return undefined
    }

    throw err
  }
}

/**
 * Answers the inviter's share, on the invitee's side.
 *
 * @throws {ProtocolError} The share is bad.
 */
export function respond (init: RunInit, share: Uint8Array): CPaceResponse {
  try {
    return new CPaceResponder({ ...inputsOf(init), ad: inviteeData(init.ends) }).respond(share, inviterData(init.ends))
  } catch (err) {
    throw err instanceof CPaceError ? new ProtocolError('The inviter sent a bad key share; ask for a new code', { cause: err }) : err
  }
}
