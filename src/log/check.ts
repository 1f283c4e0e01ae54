/** The signatures of ops: the author's, and in an ADMIT the new member's acceptance. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { acceptanceBytes } from './acceptance.js'
import { verify } from './ed25519.js'
import { readable } from './store.js'
import { decodeStored, opIdOf, signingBytes } from './op.js'
import type { Fact } from './fact.js'
import type { AnyOp, Op, OpId, Role, UnknownOp } from './op.js'

/** Signatures that are checked side by side; WebCrypto spreads them over the processors. */
export const VERIFY_AT_ONCE = 64

export async function signatureHolds (genesis: OpId, { author, signed }: Op | UnknownOp): Promise<boolean> {
  return verify(hexToBytes(author), signingBytes(genesis, signed.body), signed.sig)
}

/** @param role - Of the ADMIT's INVITE */
export async function acceptanceHolds (genesis: OpId, { author, payload }: AnyOp<'ADMIT'>, role: Role): Promise<boolean> {
  const { invite, member, transcript, acceptance } = payload

  return verify(hexToBytes(member), acceptanceBytes({ genesis, invite, member, inviter: author, role, transcript }), acceptance)
}

/** All signatures of a kept op; its body is hashed again. @throws {StorageError} The body is not what its id says. */
export function signaturesHold (genesis: OpId, { id, kind, author, role, signed }: Fact): Array<Promise<boolean>> {
  return readable(() => {
    if (opIdOf(signed.body) !== id) {
      throw new RangeError('A stored op is not what its id says')
    }

    const own = verify(hexToBytes(author), signingBytes(genesis, signed.body), signed.sig)
    const op = kind === 'ADMIT' ? decodeStored(id, signed) : undefined

    return op?.kind === 'ADMIT' ? [own, acceptanceHolds(genesis, op, role ?? 'owner')] : [own]
  })
}
