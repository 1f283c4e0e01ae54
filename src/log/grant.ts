/** What an admission rests on, and the invitee's check of it from the Grant alone (docs/handshake.md): no log is needed. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { equals } from 'uint8arrays/equals'
import { PreviewMismatchError, ProtocolError, StorageError } from '../errors.js'
import { Authority, MAX_AUTHORITY } from './authority.js'
import { readLink } from './device-grant.js'
import { verify } from './ed25519.js'
import { NOBODY, roleAt } from './levels.js'
import { decodeOp, personIdOf, signingBytes } from './op.js'
import { opsOf, signaturesHold } from './shown-ops.js'
import { acceptanceHolds, shownHash } from './verify.js'
import type { CheckedLink } from './device-grant.js'
import type { Key, OpId, Role } from './kinds.js'
import type { AnyOp, Op } from './op.js'
import type { Owner } from './payloads.js'
import type { Grant, GrantedMember } from './shown-ops.js'

export type { Grant, GrantedMember } from './shown-ops.js'

/** What the invitee accepted; `acceptance` spares the check of a signature that it made itself. */
export interface Expected {
  /** The key that signs the ADMIT. */
  inviter: Key
  /** The new member's first key. */
  first: Key
  /** Missing for a repeated grant: then the acceptance in it, which only this member can have signed, says it, also with which recovery key. */
  accepted?: { genesis: OpId, invite: OpId, role: Role, preview: string, transcript: string, recovery?: Key, acceptance: Uint8Array }
}

/** Into a party, or into a home. */
export type AnyGrant = CheckedGrant | CheckedLink

export interface CheckedGrant {
  genesis: AnyOp<'GENESIS'>
  invite: AnyOp<'INVITE'>
  admit: AnyOp<'ADMIT'>
  /** The inviter's role by these ops. */
  inviterRole: Role
  /** The inviter and the new member. */
  members: GrantedMember[]
  /** All of them, their signatures verified. */
  ops: Op[]
}

/**
 * @throws {PreviewMismatchError} It is for another party, invitation or role than was accepted, or the party was shown otherwise.
 * @throws {ProtocolError} It is of another handshake, or the inviter had no right.
 */
export async function checkGrant (shown: Grant, { inviter, first, accepted }: Expected): Promise<CheckedGrant> {
  const ops = opsOf(shown)
  const grant = readGrant(ops)

  if (grant == null) {
    throw new ProtocolError('The Grant lacks the GENESIS, the INVITE or the ADMIT, or does not show that the inviter may admit members')
  }

  const { genesis, invite, admit } = grant
  const { role, target = first } = invite.payload
  const info = ops.find((op): op is AnyOp<'INFO'> => op.kind === 'INFO' && op.id === admit.payload.info)

  if (accepted != null && (genesis.id !== accepted.genesis || invite.id !== accepted.invite || role !== accepted.role || shownHash(genesis, info) !== accepted.preview)) {
    throw new PreviewMismatchError()
  }

  if (accepted != null && admit.payload.transcript !== accepted.transcript) {
    throw new ProtocolError('The Grant is for another handshake than was accepted')
  }

  if (admit.author !== inviter || admit.payload.first !== first || (accepted != null && admit.payload.recovery !== accepted.recovery) || target !== first || (admit.payload.info != null && info == null)) {
    throw new ProtocolError('The Grant is not from this inviter to this member')
  }

  const isOwnAcceptance = accepted != null && equals(accepted.acceptance, admit.payload.acceptance)

  if ((await Promise.all([signaturesHold(genesis, ops), isOwnAcceptance || acceptanceHolds(genesis, admit, { role, info })])).includes(false)) {
    throw new ProtocolError('A signature in the Grant does not hold')
  }

  return grant
}

/** Who gets back what it lost. */
export interface Returning {
  /** The member's first key. */
  first: Key
  /** This node's recovery key: of a seat that somebody else founded for it no other one is taken. */
  recovery?: Key
  /** The party that the member was shown, and the hash of how. */
  shown: { genesis: OpId, preview: string }
}

/**
 * What a member gets back whose store was lost: the ADMIT that it came by, a founder
 * the GENESIS. Whoever hands it over, the member's own signature is in it, also for the
 * seat's recovery key.
 *
 * @throws {PreviewMismatchError} It is another party.
 * @throws {ProtocolError} It does not show that this member is one.
 */
export async function checkReturn (grant: Grant, { first, recovery, shown }: Returning): Promise<CheckedGrant | AnyOp<'GENESIS'>> {
  const [op, ...authority] = [grant.admit, ...grant.authority.slice(0, MAX_AUTHORITY)].map(signed => decodeOp(signed))
  const returned = op?.kind === 'GENESIS' ? op : await checkGrant(grant, { inviter: op?.author ?? '', first })
  const genesis = 'genesis' in returned ? returned.genesis : returned
  const infos = authority.filter((other): other is AnyOp<'INFO'> => other.kind === 'INFO')

  if (genesis.id !== shown.genesis || ![undefined, ...infos].some(info => shownHash(genesis, info) === shown.preview)) {
    throw new PreviewMismatchError()
  }

  // an ADMIT has its member's signature over its keys; a GENESIS that of its author alone
  const isOwn = (owner: Owner): boolean => owner.first === first && (genesis.author === first || owner.recovery == null || owner.recovery === recovery)

  if (returned === genesis && (!genesis.payload.owners.some(isOwn) ||
    !await verify(hexToBytes(genesis.author), signingBytes(genesis.id, genesis.signed.body), genesis.signed.sig))) {
    throw new ProtocolError('The Grant does not show that you are a member')
  }

  return returned
}

/** What ops that end with an ADMIT show; undefined where they do not show it. Their signatures are not looked at. */
function readGrant (ops: Op[]): CheckedGrant | undefined {
  const admit = ops.at(-1)
  const [genesis] = ops
  const invite = ops.find(op => admit?.kind === 'ADMIT' && op.kind === 'INVITE' && op.id === admit.payload.invite)

  if (admit?.kind !== 'ADMIT' || genesis?.kind !== 'GENESIS' || invite?.kind !== 'INVITE') {
    return undefined
  }

  const before = new Authority(ops.slice(0, -1))
  const inviter = before.speakerOf(admit)
  const inviterRole = roleAt(inviter?.level ?? NOBODY)
  const { first, recovery } = admit.payload
  const own = new Authority(ops).persons.get(personIdOf(first, recovery))
  const role = roleAt(own?.level ?? NOBODY)

  if (inviter == null || inviterRole == null || own == null || role == null) {
    return undefined
  }

  return {
    genesis, invite, admit, inviterRole, ops,
    members: [
      { person: inviter.person, key: inviter.first, keys: before.keysOf(inviter), ...(inviter.recovery == null ? {} : { recovery: inviter.recovery }), level: inviter.level, role: inviterRole },
      { person: own.person, key: first, keys: [first], ...(recovery == null ? {} : { recovery }), level: own.level, role, admit: admit.id, invitedBy: inviter.person }
    ]
  }
}

/** A stored grant, as it was checked before it was stored. @throws {StorageError} */
export function storedGrant ({ admit, authority }: Grant): AnyGrant {
  const ops = [...authority, admit].map(signed => decodeOp(signed)) as Op[]
  const grant = readGrant(ops) ?? readLink(ops)

  if (grant == null) {
    throw new StorageError('The stored grant is damaged; join again')
  }

  return grant
}

/** A Grant as it is handed on. */
export function signedGrant ({ admit, ops }: AnyGrant): Grant {
  return { admit: admit.signed, authority: ops.filter(({ id }) => id !== admit.id).map(({ signed }) => signed) }
}
