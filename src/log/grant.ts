/**
 * What an admission rests on, and the invitee's check of it from the Grant alone
 * (DESIGN section 5, last lines): no log is needed.
 */
import { hexToBytes } from '@noble/hashes/utils.js'
import { equals } from 'uint8arrays/equals'
import { ProtocolError } from '../errors.js'
import { acceptanceBytes } from './acceptance.js'
import { verify } from './ed25519.js'
import { decodeOp, signingBytes } from './op.js'
import { mayInvite } from './view.js'
import type { AnyOp, MemberKey, Op, OpId, Role, SignedOp } from './op.js'

export interface Grant {
  admit: SignedOp
  /** GENESIS, what made the inviter an admin, INVITE. */
  authority: SignedOp[]
}

/** What the invitee accepted; `acceptance` spares the check of a signature that it made itself. */
export interface Expected {
  inviter: MemberKey
  member: MemberKey
  /** Missing for a repeated grant: then the acceptance in it, which only this member can have signed, says it. */
  accepted?: { genesis: OpId, invite: OpId, role: Role, transcript: string, acceptance: Uint8Array }
}

export interface CheckedGrant {
  genesis: AnyOp<'GENESIS'>
  invite: AnyOp<'INVITE'>
  admit: AnyOp<'ADMIT'>
  /** The inviter's role by these ops. */
  inviterRole: Role
  /** All of them, their signatures verified. */
  ops: Op[]
}

/** @throws {ProtocolError} The Grant is not what was accepted, or the inviter had no right. */
export async function checkGrant ({ admit: signedAdmit, authority }: Grant, { inviter, member, accepted }: Expected): Promise<CheckedGrant> {
  const ops = [...authority, signedAdmit].map((signed) => {
    const op = decodeOp(signed)

    if (op.kind === 'UNKNOWN') {
      throw new ProtocolError('The inviter uses ops that this plus-one does not know; update this app')
    }

    return op
  })
  const admit = ops.at(-1)
  const genesis = ops.find(op => op.kind === 'GENESIS')
  const invite = ops.find(op => op.kind === 'INVITE' && admit?.kind === 'ADMIT' && op.id === admit.payload.invite)

  if (admit?.kind !== 'ADMIT' || genesis?.kind !== 'GENESIS' || invite?.kind !== 'INVITE') {
    throw new ProtocolError('The Grant lacks the GENESIS, the INVITE or the ADMIT')
  }

  const { role } = invite.payload

  if (accepted != null && (genesis.id !== accepted.genesis || invite.id !== accepted.invite || role !== accepted.role || admit.payload.transcript !== accepted.transcript)) {
    throw new ProtocolError('The Grant is for another party, invitation, role or handshake than was accepted')
  }

  if (invite.author !== inviter || admit.author !== inviter || admit.payload.member !== member || (invite.payload.target ?? member) !== member) {
    throw new ProtocolError('The Grant is not from this inviter to this member')
  }

  const inviterRole = roleBy(ops, genesis, inviter)

  if (!mayInvite(genesis.payload.kind, inviterRole, role)) {
    throw new ProtocolError('The Grant does not show that the inviter may admit members')
  }

  const signatures = ops.map(async op => verify(hexToBytes(op.author), signingBytes(genesis.id, op.signed.body), op.signed.sig))

  if (accepted == null || !equals(accepted.acceptance, admit.payload.acceptance)) {
    signatures.push(verify(hexToBytes(member), acceptanceBytes({
      genesis: genesis.id, invite: invite.id, member, inviter, role, transcript: admit.payload.transcript
    }), admit.payload.acceptance))
  }

  if ((await Promise.all(signatures)).includes(false)) {
    throw new ProtocolError('A signature in the Grant does not hold')
  }

  return { genesis, invite, admit, inviterRole: inviterRole ?? 'reader', ops }
}

/** Owner by GENESIS, or admin by an owner's ADMIT among these ops. */
function roleBy (ops: Op[], genesis: AnyOp<'GENESIS'>, member: MemberKey): Role | undefined {
  const { owners } = genesis.payload

  if (owners.includes(member)) {
    return 'owner'
  }

  const admitted = ops.some(op => op.kind === 'ADMIT' && op.payload.member === member && owners.includes(op.author) &&
    ops.some(invite => invite.kind === 'INVITE' && invite.id === op.payload.invite && invite.author === op.author && invite.payload.role === 'admin'))

  return admitted ? 'admin' : undefined
}
