/**
 * The acceptance: the invitee's signature that it wants to be this member
 * (DESIGN section 5, "The acceptance"), so that nobody is admitted against their
 * will or in another's place.
 */
import { concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { encode } from '../codec/index.js'
import { ROLES } from './op.js'
import type { MemberKey, OpId, Role } from './op.js'

const PREFIX = utf8ToBytes('plus-one-acceptance/1\0')

export interface Acceptance {
  genesis: OpId
  invite: OpId
  member: MemberKey
  inviter: MemberKey
  role: Role
  /** SHA-256 of the handshake's public transcript, hex. */
  transcript: string
}

/** The bytes that the invitee signs. */
export function acceptanceBytes ({ genesis, invite, member, inviter, role, transcript }: Acceptance): Uint8Array {
  return concatBytes(PREFIX, encode([
    hexToBytes(genesis), hexToBytes(invite), hexToBytes(member), hexToBytes(inviter), ROLES.indexOf(role), hexToBytes(transcript)
  ]))
}
