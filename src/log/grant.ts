/**
 * What an admission rests on, and the invitee's check of it from the Grant alone
 * (DESIGN section 5, last lines): no log is needed.
 */
import { hexToBytes } from '@noble/hashes/utils.js'
import { equals } from 'uint8arrays/equals'
import { ProtocolError, StorageError } from '../errors.js'
import { acceptanceBytes } from './acceptance.js'
import { verify } from './ed25519.js'
import { decodeOp, signingBytes } from './op.js'
import { isGrant } from './fact.js'
import { mayInvite } from './rules.js'
import type { Fact } from './fact.js'
import type { Graph } from './graph.js'
import type { MemberRecord, View } from './view.js'
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

/** Owner by GENESIS, or admin by the last grant of an owner among these ops. */
function roleBy (ops: Op[], genesis: AnyOp<'GENESIS'>, member: MemberKey): Role | undefined {
  const { owners } = genesis.payload
  const find = <K extends Op['kind']>(kind: K, id: OpId): AnyOp<K> | undefined => ops.find((op): op is AnyOp<K> => op.kind === kind && op.id === id)
  const given = (admit: AnyOp<'ADMIT'> | undefined): Role | undefined => {
    const invite = find('INVITE', admit?.payload.invite ?? '')

    return admit?.payload.member === member && admit.author === invite?.author ? invite.payload.role : undefined
  }

  return owners.includes(member)
    ? 'owner'
    : ops.filter(({ author }) => owners.includes(author)).map((op) => {
        switch (op.kind) {
          case 'ADMIT': return given(op)
          case 'SET_ROLE': return op.payload.member === member ? op.payload.role : undefined
          case 'READOPT': return given(find('ADMIT', op.payload.admit))
          default: return undefined
        }
      }).findLast(role => role != null)
}

/** GENESIS, what made the INVITE's author an admin, the INVITE; in the order in which each rests on those before. */
export function authorityOf (view: View, graph: Graph, id: OpId): Fact[] {
  const invite = graph.get(id)
  const genesis = graph.at(0)

  if (invite?.kind !== 'INVITE' || genesis == null) {
    throw new ProtocolError('This log has no such invitation')
  }

  if (graph.isOwner(invite.author)) {
    return [genesis, invite]
  }

  // the seat of today; of one who is no admin any more, the last grant that made it one
  const today = view.seatOf(invite.author)
  const grant = today?.role === 'admin'
    ? today.grant
    : graph.about(invite.author).findLast(fact => isGrant(fact) && fact.role === 'admin' && graph.isOwner(fact.author))
  const admit = grant?.kind === 'READOPT' ? grant.of : grant?.kind === 'ADMIT' ? grant : undefined

  return [...new Set([genesis, admit?.invite, admit, grant, invite])].filter(fact => fact != null)
}

/** A stored grant, as it was checked before it was stored. @throws {StorageError} */
export function storedGrant ({ admit, authority }: Grant): CheckedGrant {
  const ops = [...authority, admit].map(signed => decodeOp(signed)) as Op[]
  const own = ops.at(-1)
  const genesis = ops.find(op => op.kind === 'GENESIS')
  const invite = ops.find(op => own?.kind === 'ADMIT' && op.id === own.payload.invite)

  if (own?.kind !== 'ADMIT' || genesis?.kind !== 'GENESIS' || invite?.kind !== 'INVITE') {
    throw new StorageError('The stored grant is damaged; join again')
  }

  return { genesis, invite, admit: own, inviterRole: roleBy(ops, genesis, own.author) ?? 'reader', ops }
}

/** A Grant as it is handed on. */
export function signedGrant ({ admit, ops }: CheckedGrant): Grant {
  return { admit: admit.signed, authority: ops.filter(({ id }) => id !== admit.id).map(({ signed }) => signed) }
}

/** The members that a Grant shows: the inviter and the new one. */
export function membersOf ({ invite, admit, inviterRole }: CheckedGrant): MemberRecord[] {
  return [
    { key: admit.author, role: inviterRole },
    { key: admit.payload.member, role: invite.payload.role, grant: admit.id, admit: admit.id, invitedBy: admit.author }
  ]
}
