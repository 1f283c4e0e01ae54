/** What a new member signs, so that nobody is admitted or linked against their will, in another's place, or to something else than they saw. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { encode } from '../codec/index.js'
import { PARTY_KINDS, ROLES } from './kinds.js'
import type { Key, OpId, PartyKind, PersonId, Role } from './kinds.js'

const ACCEPT_PREFIX = utf8ToBytes('plus-one-accept/2\0')
const LINK_PREFIX = utf8ToBytes('plus-one-link/1\0')

/** What a party is shown as before one joins. */
export interface Shown {
  name: string
  kind: PartyKind
  picture?: string
  /** The GENESIS' app data. */
  app?: Uint8Array
}

export interface Acceptance {
  genesis: OpId
  invite: OpId
  /** The new member's keys. */
  first: Key
  recovery?: Key
  /** The key that signs the ADMIT. */
  inviter: Key
  role: Role
  /** `previewHash` of what was shown, hex. */
  preview: string
  /** SHA-256 of the handshake's public transcript, hex. */
  transcript: string
}

/** SHA-256 of what was shown, hex. */
export function previewHash ({ name, kind, picture, app }: Shown): string {
  return bytesToHex(sha256(encode([name, PARTY_KINDS.indexOf(kind), picture ?? null, app ?? null])))
}

/** The bytes that the invitee signs. */
export function acceptanceBytes ({ genesis, invite, first, recovery, inviter, role, preview, transcript }: Acceptance): Uint8Array {
  return concatBytes(ACCEPT_PREFIX, encode([
    hexToBytes(genesis), hexToBytes(invite), hexToBytes(first), recovery == null ? null : hexToBytes(recovery), hexToBytes(inviter),
    ROLES.indexOf(role), hexToBytes(preview), hexToBytes(transcript)
  ]))
}

/** The bytes that a device's key signs to be linked to a person. */
export function linkBytes (genesis: OpId, person: PersonId, linking: Key): Uint8Array {
  return concatBytes(LINK_PREFIX, encode([hexToBytes(genesis), hexToBytes(person), hexToBytes(linking)]))
}
