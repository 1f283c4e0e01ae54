/** A Welcome as an app sees it. */
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { isPinShape } from '../codec/index.js'
import { ProtocolError } from '../errors.js'
import { previewHash } from '../log/acceptance.js'
import { HOME_NAME, homeKeyOf } from '../log/home.js'
import { copyOf, MAX_NAME, MAX_PICTURE, openProfile, PARTY_KINDS, ROLES } from '../log/terms.js'
import type { InvitationPreview } from '../interface/index.js'
import type { Welcomed } from '../invitation/index.js'
import type { Key, Role } from '../log/index.js'
import type { Ed25519PeerId } from '@libp2p/interface'

/** A role by its number on the wire. @throws {ProtocolError} */
export function roleOf (number: number): Role {
  return oneOf(ROLES, number)
}

/** SHA-256 of what is shown of the party, hex: the acceptance covers it. @throws {ProtocolError} */
export function previewHashOf ({ preview: { name, kind, picture, app } }: Welcomed): string {
  return previewHash({ name, kind: oneOf(PARTY_KINDS, kind), ...(picture === '' ? {} : { picture }), app })
}

/** The recovery key of the home into which a device is invited; undefined: it is a party. @throws {ProtocolError} It is no person's home. */
export function homeOf ({ genesis, preview: { name, kind, picture, app, recovery } }: Welcomed): Key | undefined {
  if (oneOf(PARTY_KINDS, kind) !== 'person') {
    return undefined
  }

  const key = recovery == null ? '' : bytesToHex(recovery)

  // a home is a function of its key: it has no name of its own, and could not be shown as anything else
  if (key === '' || homeKeyOf(key) !== bytesToHex(genesis) || name !== HOME_NAME || picture !== '' || app != null) {
    throw new ProtocolError('The inviter shows a home that is nobody\'s; ask for a new code on the device that made it')
  }

  return key
}

/** @throws {ProtocolError} A field is not what it may be. */
export async function previewOf (welcomed: Welcomed, inviter: Ed25519PeerId): Promise<InvitationPreview> {
  const { genesis, preview } = welcomed
  homeOf(welcomed)
  const { name, kind, memberCount, profile, role, expiresAt, attemptsLeft, pinLength, pinAlphabet, approval, picture, member, app, data } = preview
  const pin = pinLength === 0 && pinAlphabet === '' ? false : { length: pinLength, alphabet: pinAlphabet }

  if (name === '' || utf8ToBytes(name).length > MAX_NAME || utf8ToBytes(picture).length > MAX_PICTURE || (pin !== false && !isPinShape(pin))) {
    throw new ProtocolError('The inviter sent a preview that cannot be shown; ask for a new code')
  }

  return {
    // copies: a frame is not held for a few bytes of it
    party: { key: bytesToHex(genesis), name, kind: oneOf(PARTY_KINDS, kind), ...(picture === '' ? {} : { picture }), ...(app == null ? {} : { app: copyOf(app) }) },
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

function oneOf <T extends string> (values: readonly T[], number: number): T {
  const found = values[number]

  if (found == null) {
    throw new ProtocolError('The inviter offers what this plus-one does not know; update this app')
  }

  return found
}
