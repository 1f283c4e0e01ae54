/** What the CPace run is bound to: the same as the invitation's (DESIGN section 5, "CPace"), with the nameplate in place of the secret. Both sides build all of it locally. */
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { lvCat } from '../../cpace/index.js'
import { CODE_PROTOCOL } from './constants.js'

/** The two ends as multihash bytes of their PeerIds, from the connection, never from the wire. */
export interface Ends {
  inviter: Uint8Array
  invitee: Uint8Array
}

const INVITER = utf8ToBytes('inviter')
const INVITEE = utf8ToBytes('invitee')

/** CI: protocol, both ends with their roles, nameplate. */
export function channelIdentifier ({ inviter, invitee }: Ends, nameplate: string): Uint8Array {
  return lvCat(utf8ToBytes(CODE_PROTOCOL), INVITER, inviter, INVITEE, invitee, utf8ToBytes(nameplate))
}

/** sid = nonceA ‖ nonceB, 64 bytes; A is the inviter. */
export function sessionId (inviterNonce: Uint8Array, inviteeNonce: Uint8Array): Uint8Array {
  return concatBytes(inviterNonce, inviteeNonce)
}

/** ADa. */
export function inviterData ({ inviter }: Ends): Uint8Array {
  return lvCat(INVITER, inviter)
}

/** ADb. */
export function inviteeData ({ invitee }: Ends): Uint8Array {
  return lvCat(INVITEE, invitee)
}

/** PRS: the two secret words' ASCII, as ostrich-violin. */
export function passwordString (words: string): Uint8Array {
  return utf8ToBytes(words)
}
