/** Ops as a Grant shows them: decoded, and their signatures. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { ProtocolError } from '../errors.js'
import { MAX_AUTHORITY } from './authority.js'
import { verify } from './ed25519.js'
import { decodeOp, signingBytes } from './op.js'
import type { Key, OpId, PersonId, Role } from './kinds.js'
import type { AnyOp, Op, SignedOp } from './op.js'

export interface Grant {
  admit: SignedOp
  /** GENESIS, what made the inviter what it is, INVITE, and the INFO that was shown. */
  authority: SignedOp[]
}

/** A member as a Grant shows it. */
export interface GrantedMember {
  person: PersonId
  key: Key
  /** Keys that stand for it by what the Grant shows: the first, and the LINKs by which others signed. */
  keys: Key[]
  recovery?: Key
  level: number
  role: Role
  admit?: OpId
  invitedBy?: PersonId
}

/** What it rests on, and at last what it is about. @throws {ProtocolError} */
export function opsOf ({ admit, authority }: Grant): Op[] {
  return [...authority.slice(0, MAX_AUTHORITY), admit].map((signed) => {
    const op = decodeOp(signed)

    if (op.kind === 'UNKNOWN') {
      throw new ProtocolError('The inviter uses ops that this plus-one does not know; update this app')
    }

    return op
  })
}

/** Did the author of each sign it? */
export async function signaturesHold (genesis: AnyOp<'GENESIS'>, ops: Op[]): Promise<boolean> {
  const holds = ops.map(async op => verify(hexToBytes(op.author), signingBytes(genesis.id, op.signed.body), op.signed.sig))

  return !(await Promise.all(holds)).includes(false)
}
