/** The signatures of ops: the author's, and in an ADMIT the new member's acceptance. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { acceptanceBytes } from './acceptance.js'
import { verify } from './ed25519.js'
import { signingBytes } from './op.js'
import type { AnyOp, Op, OpId, Role, UnknownOp } from './op.js'

/** Signatures that are checked side by side; WebCrypto spreads them over the processors. */
export const VERIFY_AT_ONCE = 256

export async function signatureHolds (genesis: OpId, { author, signed }: Op | UnknownOp): Promise<boolean> {
  return verify(hexToBytes(author), signingBytes(genesis, signed.body), signed.sig)
}

/** @param role - Of the ADMIT's INVITE */
export async function acceptanceHolds (genesis: OpId, { author, payload }: AnyOp<'ADMIT'>, role: Role): Promise<boolean> {
  const { invite, member, transcript, acceptance } = payload

  return verify(hexToBytes(member), acceptanceBytes({ genesis, invite, member, inviter: author, role, transcript }), acceptance)
}
