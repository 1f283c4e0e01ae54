/** The signatures of ops: the author's, and that of the key that an ADMIT or a LINK brings. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { ProtocolError } from '../errors.js'
import { acceptanceBytes, linkBytes, previewHash } from './acceptance.js'
import { verify } from './ed25519.js'
import { readable } from './datastore.js'
import { decodeStored, opIdOf, signingBytes } from './op.js'
import type { Entry } from './entry.js'
import type { PersonId, Role } from './kinds.js'
import type { AnyOp, Op, UnknownOp } from './op.js'
import type { AbortOptions } from '@libp2p/interface'

/** Signatures that are checked side by side; WebCrypto spreads them over the processors. */
export const VERIFY_AT_ONCE = 64

type Genesis = AnyOp<'GENESIS'>
type Info = AnyOp<'INFO'>

/** What an acceptance was given for, beside what its op says. */
export interface Terms {
  /** ADMIT: its INVITE's role, and the INFO that it names. */
  role?: Role
  info?: Info
  /** LINK: the person who links. */
  person?: PersonId
}

export async function signatureHolds (genesis: string, { author, signed }: Op | UnknownOp): Promise<boolean> {
  return verify(hexToBytes(author), signingBytes(genesis, signed.body), signed.sig)
}

/** The hash of what a new member was shown: the GENESIS' name and picture, or those of an INFO. */
export function shownHash ({ payload: { name, kind, picture, app } }: Genesis, info?: Info): string {
  return previewHash({ ...(info == null ? { name, picture } : { name: info.payload.name, picture: info.payload.picture }), kind, app })
}

/** Did the key that an op brings agree? True of ops that bring none. */
export async function acceptanceHolds (genesis: Genesis, op: Op, { role = 'owner', info, person = '' }: Terms): Promise<boolean> {
  switch (op.kind) {
    case 'ADMIT': {
      const { invite, first, recovery, transcript, acceptance } = op.payload
      const bytes = acceptanceBytes({ genesis: genesis.id, invite, first, recovery, inviter: op.author, role, preview: shownHash(genesis, info), transcript })

      return verify(hexToBytes(first), bytes, acceptance)
    }
    case 'LINK': return verify(hexToBytes(op.payload.key), linkBytes(genesis.id, person, op.author), op.payload.acceptance)
    default: return true
  }
}

/** All signatures of a kept op; its body is hashed again. @throws {StorageError} The body is not what its id says. */
function signaturesHold (genesis: Genesis, { id, kind, author, role, speaker, signed }: Entry, infoOf: (op: Op) => Info | undefined): Array<Promise<boolean>> {
  return readable(() => {
    if (opIdOf(signed.body) !== id) {
      throw new RangeError('A stored op is not what its id says')
    }

    const own = verify(hexToBytes(author), signingBytes(genesis.id, signed.body), signed.sig)

    if (kind !== 'ADMIT' && kind !== 'LINK') {
      return [own]
    }

    const op = decodeStored(id, signed) as Op

    return [own, acceptanceHolds(genesis, op, { role, info: infoOf(op), person: speaker })]
  })
}

/**
 * Every id and signature of kept ops.
 *
 * @param infoOf - The INFO that an ADMIT names
 * @throws {ProtocolError} A signature does not hold.
 * @throws {StorageError} A body is not what its id says.
 */
export async function verifyAll (
  genesis: Genesis, entries: readonly Entry[], infoOf: (op: Op) => Info | undefined,
  { signal, onProgress }: AbortOptions & { onProgress?: (done: number, all: number) => void }
): Promise<void> {
  let pending: Promise<boolean[]> = Promise.resolve([])

  const settle = async (): Promise<void> => {
    if ((await pending).includes(false)) {
      throw new ProtocolError('A signature in the stored log does not hold; join the party again')
    }
  }

  for (let at = 0; at <= entries.length; at += VERIFY_AT_ONCE) {
    signal?.throwIfAborted()

    // the next are made ready while these are computed
    const next = Promise.all(entries.slice(at, at + VERIFY_AT_ONCE).flatMap(entry => signaturesHold(genesis, entry, infoOf)))
    next.catch(() => {}) // told when its turn comes
    await settle()
    pending = next
    onProgress?.(at, entries.length)
  }

  await settle()
  onProgress?.(entries.length, entries.length)
}
