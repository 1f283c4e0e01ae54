/** Bytes sealed to the members of an epoch (docs/keys.md, "Sealed bytes"): XChaCha20-Poly1305 behind a header that names the epoch. */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { bytesToHex, hexToBytes, randomBytes } from '@noble/hashes/utils.js'
import { lvCat } from '../cpace/index.js'
import { ProtocolError, SealError } from '../errors.js'
import { EPOCH_ID_LENGTH } from './derive.js'
import type { Epoch } from './derive.js'
import type { OpId } from '../log/index.js'

const VERSION = 1
const NONCE_LENGTH = 24
const TAG_LENGTH = 16
const HEADER_LENGTH = 1 + EPOCH_ID_LENGTH + NONCE_LENGTH

/** Bytes by which sealed bytes are longer. */
export const OVERHEAD = HEADER_LENGTH + TAG_LENGTH

const NOTHING = new Uint8Array()

export interface SealInit {
  genesis: OpId
  /** What the app binds it to: who opens it must say the same. @default nothing */
  associatedData?: Uint8Array
}

/** @param nonce - 24 random bytes; given for test vectors alone */
export function seal (bytes: Uint8Array, { id, sealing }: Epoch, { genesis, associatedData = NOTHING }: SealInit, nonce: Uint8Array = randomBytes(NONCE_LENGTH)): Uint8Array {
  const sealed = new Uint8Array(bytes.length + OVERHEAD)
  const header = sealed.subarray(0, HEADER_LENGTH)
  sealed[0] = VERSION
  sealed.set(id, 1)
  sealed.set(nonce, 1 + EPOCH_ID_LENGTH)
  sealed.set(xchacha20poly1305(sealing, nonce, bound(genesis, header, associatedData)).encrypt(bytes), HEADER_LENGTH)

  return sealed
}

/** The id of the epoch in a header, hex. @throws {ProtocolError} These are no sealed bytes. */
export function epochIdIn (sealed: Uint8Array): string {
  return bytesToHex(headerOf(sealed).subarray(1, 1 + EPOCH_ID_LENGTH))
}

/** @throws {ProtocolError} */
function headerOf (sealed: Uint8Array): Uint8Array {
  if (sealed[0] !== VERSION || sealed.length < OVERHEAD) {
    throw new ProtocolError('These are no sealed bytes, or ones of a newer plus-one; update this app')
  }

  return sealed.subarray(0, HEADER_LENGTH)
}

/**
 * @throws {ProtocolError} These are no sealed bytes.
 * @throws {SealError} They were changed, are another party's, or the associated data is another.
 */
export function open (sealed: Uint8Array, { sealing }: Epoch, { genesis, associatedData = NOTHING }: SealInit): Uint8Array {
  const header = headerOf(sealed)

  try {
    return xchacha20poly1305(sealing, header.subarray(1 + EPOCH_ID_LENGTH), bound(genesis, header, associatedData)).decrypt(sealed.subarray(HEADER_LENGTH))
  } catch (err) {
    throw new SealError(undefined, { cause: err })
  }
}

function bound (genesis: OpId, header: Uint8Array, associatedData: Uint8Array): Uint8Array {
  if (last?.genesis !== genesis) {
    last = { genesis, bytes: hexToBytes(genesis) }
  }

  return lvCat(last.bytes, header, associatedData)
}

/** An app seals in one party many times. */
let last: { genesis: OpId, bytes: Uint8Array } | undefined
