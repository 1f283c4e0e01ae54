/** A Welcome as an app sees it. */
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { isPinShape } from '../codec/index.js'
import { ProtocolError } from '../errors.js'
import { previewHash } from '../log/acceptance.js'
import { copyOf, MAX_NAME, MAX_PICTURE, openProfile, PARTY_KINDS, ROLES } from '../log/terms.js'
import type { InvitationPreview, PartyKind } from '../interface/index.js'
import type { Welcomed } from '../invitation/index.js'
import type { Role } from '../log/index.js'
import type { Ed25519PeerId } from '@libp2p/interface'

/** A role by its number on the wire. @throws {ProtocolError} */
export function roleOf (number: number): Role {
  return oneOf(ROLES, number)
}

/** SHA-256 of what is shown of the party, hex: the acceptance covers it. @throws {ProtocolError} */
export function previewHashOf ({ preview: { name, kind, picture, app } }: Welcomed): string {
  return previewHash({ name, kind: oneOf(KINDS, kind), ...(picture === '' ? {} : { picture }), app })
}

/** @throws {ProtocolError} A field is not what it may be. */
export async function previewOf ({ genesis, preview }: Welcomed, inviter: Ed25519PeerId): Promise<InvitationPreview> {
  const { name, kind, memberCount, profile, role, expiresAt, attemptsLeft, pinLength, pinAlphabet, approval, picture, member, app, data } = preview
  const pin = pinLength === 0 && pinAlphabet === '' ? false : { length: pinLength, alphabet: pinAlphabet }

  if (name === '' || utf8ToBytes(name).length > MAX_NAME || utf8ToBytes(picture).length > MAX_PICTURE || (pin !== false && !isPinShape(pin))) {
    throw new ProtocolError('The inviter sent a preview that cannot be shown; ask for a new code')
  }

  return {
    // copies: a frame is not held for a few bytes of it
    party: { key: bytesToHex(genesis), name, kind: oneOf(KINDS, kind), ...(picture === '' ? {} : { picture }), ...(app == null ? {} : { app: copyOf(app) }) },
    memberCount,
    inviter: { peerId: inviter, profile: profile.length === 0 ? {} : (await openProfile(profile, inviter.publicKey.raw)).profile },
    role: roleOf(role),
    expiresAt: expiresAt === 0n ? undefined : Number(expiresAt),
    attemptsLeft,
    pin,
    approval,
    ...(data == null ? {} : { data: copyOf(data) }),
    ...(member ? { isMember: true } : {})
  }
}

/** Kinds that one is invited into, by their numbers on the wire. */
const KINDS = PARTY_KINDS.slice(0, -1) as PartyKind[]

function oneOf <T extends string> (values: readonly T[], number: number): T {
  const found = values[number]

  if (found == null) {
    throw new ProtocolError('The inviter offers what this plus-one does not know; update this app')
  }

  return found
}
