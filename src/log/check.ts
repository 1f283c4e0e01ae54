/** The signatures of ops: the author's, and in an ADMIT the new member's acceptance. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { ProtocolError } from '../errors.js'
import { acceptanceBytes } from './acceptance.js'
import { verify } from './ed25519.js'
import { readable } from './store.js'
import { decodeStored, opIdOf, signingBytes } from './op.js'
import type { Fact } from './fact.js'
import type { AnyOp, Op, OpId, Role, UnknownOp } from './op.js'
import type { AbortOptions } from '@libp2p/interface'

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

/**
 * Every id and signature of kept ops.
 *
 * @throws {ProtocolError} A signature does not hold.
 * @throws {StorageError} A body is not what its id says.
 */
export async function verifyAll (genesis: OpId, facts: Fact[], { signal, onProgress }: AbortOptions & { onProgress?: (done: number, all: number) => void }): Promise<void> {
  let pending: Promise<boolean[]> = Promise.resolve([])

  const settle = async (): Promise<void> => {
    if ((await pending).includes(false)) {
      throw new ProtocolError('A signature in the stored log does not hold; join the party again')
    }
  }

  for (let at = 0; at <= facts.length; at += VERIFY_AT_ONCE) {
    signal?.throwIfAborted()

    // the next are made ready while these are computed
    const next = Promise.all(facts.slice(at, at + VERIFY_AT_ONCE).flatMap(fact => signaturesHold(genesis, fact)))
    next.catch(() => {}) // told when its turn comes
    await settle()
    pending = next
    onProgress?.(at, facts.length)
  }

  await settle()
  onProgress?.(facts.length, facts.length)
}
