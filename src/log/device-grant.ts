/** What a device's LINK into a person's home rests on, and the device's check of it from the Grant alone (docs/handshake.md, "A device of one's own"). */
import { PreviewMismatchError, ProtocolError } from '../errors.js'
import { Authority } from './authority.js'
import { homeKeyOf, homeSeatOf } from './home.js'
import { NOBODY } from './levels.js'
import { opsOf, signaturesHold } from './shown-ops.js'
import { acceptanceHolds, shownHash } from './verify.js'
import type { Key, OpId, PersonId, Role } from './kinds.js'
import type { AnyOp, Op } from './op.js'
import type { Grant, GrantedMember } from './shown-ops.js'

/** What the device accepted. */
export interface ExpectedLink {
  /** Its key. */
  key: Key
  /** Missing where a lost Grant is repeated, or a lost home comes back: then the acceptance in it, which only this device can have signed, says it. */
  accepted?: { inviter: Key, genesis: OpId, invite: OpId, role: Role, preview: string }
}

export interface CheckedLink {
  genesis: AnyOp<'GENESIS'>
  /** By which the device came; missing: another one, or the words, linked it without. */
  invite?: AnyOp<'INVITE'>
  /** The LINK. */
  admit: AnyOp<'LINK'>
  /** The person whose home it is, with the keys that these ops show. */
  members: [GrantedMember & { recovery: Key }]
  /** All of them, their signatures verified. */
  ops: Op[]
}

/**
 * @throws {PreviewMismatchError} It is for another home, or by another invitation, than was accepted.
 * @throws {ProtocolError} It links another key, its LINK is not by a key that stands in that home by these ops, or it is no home.
 */
export async function checkLink (shown: Grant, { key, accepted }: ExpectedLink): Promise<CheckedLink> {
  const grant = readLink(opsOf(shown))

  if (grant == null) {
    throw new ProtocolError('The Grant lacks the home or the LINK, or does not show that the inviting device is one of that person\'s')
  }

  const { genesis, invite, admit, members: [{ person, recovery }] } = grant

  if (accepted != null && (genesis.id !== accepted.genesis || invite?.id !== accepted.invite || invite.payload.role !== accepted.role || shownHash(genesis) !== accepted.preview)) {
    throw new PreviewMismatchError()
  }

  // the words outrank devices, and invite none
  if (admit.payload.key !== key || (invite?.payload.target ?? key) !== key || (accepted != null && (admit.author !== accepted.inviter || admit.author === recovery))) {
    throw new ProtocolError('The Grant is not from this inviter to this device')
  }

  if (!await signaturesHold(genesis, grant.ops) || !await acceptanceHolds(genesis, admit, { person })) {
    throw new ProtocolError('A signature in the Grant does not hold')
  }

  return grant
}

/** A device as it shows itself to a member who has not heard of it: in a home, or in any party. */
export interface ShownDevice {
  genesis: AnyOp<'GENESIS'>
  admit: AnyOp<'LINK'>
  /** For whom it was linked. */
  person: PersonId
  ops: Op[]
}

/** @throws {ProtocolError} It does not show that a member linked this key. */
export async function checkDevice (shown: Grant, key: Key): Promise<ShownDevice> {
  const ops = opsOf(shown)
  const admit = ops.at(-1)
  const [genesis] = ops

  if (genesis?.kind === 'GENESIS' && admit?.kind === 'LINK' && admit.payload.key === key) {
    const speaker = new Authority(ops.slice(0, -1)).speakerOf(admit)

    if (speaker != null && speaker.level < NOBODY && await signaturesHold(genesis, ops) && await acceptanceHolds(genesis, admit, { person: speaker.person })) {
      return { genesis, admit, person: speaker.person, ops }
    }
  }

  throw new ProtocolError('These ops do not show that a member linked this device')
}

/** What ops that end with a LINK in a home show; undefined where they do not show it. Their signatures are not looked at. */
export function readLink (ops: Op[]): CheckedLink | undefined {
  const admit = ops.at(-1)
  const [genesis] = ops
  const recovery = genesis?.kind === 'GENESIS' ? genesis.payload.owners[0]?.recovery : undefined

  // the GENESIS is a function of the recovery key: nothing else in it can be shown, or slipped in
  if (admit?.kind !== 'LINK' || genesis?.kind !== 'GENESIS' || recovery == null || genesis.id !== homeKeyOf(recovery)) {
    return undefined
  }

  const person = homeSeatOf(recovery)
  const before = new Authority(ops.slice(0, -1))
  const invite = ops.find((op): op is AnyOp<'INVITE'> => op.kind === 'INVITE' && op.id === admit.payload.invite)
  const isOurs = (op: Op): boolean => before.speakerOf(op)?.person === person

  if (!isOurs(admit) || (admit.payload.invite != null && (invite == null || !isOurs(invite)))) {
    return undefined
  }

  const own = new Authority(ops)
  const keys = own.keysOf({ person, level: 0, first: recovery, recovery }).filter(key => key !== recovery)

  return { genesis, ...(invite == null ? {} : { invite }), admit, members: [{ person, key: recovery, keys, recovery, level: 0, role: 'owner' }], ops }
}
