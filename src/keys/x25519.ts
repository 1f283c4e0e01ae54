/**
 * X25519 (RFC 7748) between keys that are Ed25519 keys elsewhere: by WebCrypto where it has it, which is some 20 times as
 * fast, by noble otherwise.
 */
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { FpInvertBatch } from '@noble/curves/abstract/modular.js'
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js'
import { hexToBytes } from '@noble/hashes/utils.js'
import { ProtocolError } from '../errors.js'
import type { Key } from '../log/index.js'

const { Fp } = ed25519.Point

/** Keys of members that are kept converted, at most: twice the members of a large party. */
const MAX_CONVERTED = 65_536

const converted = new Map<Key, Uint8Array>()

/** Points that are kept imported, at most: to import one takes a quarter of the X25519 itself (14 of 58 µs), to keep it 1 to 3 kB. */
export const MAX_IMPORTED = 1024

/** By what `fromEd25519` made of a key, the newest at the end. */
const imported = new Map<Uint8Array, CryptoKey>()

/** A private key of this node's, or one that serves once. */
export interface Secret {
  /** 32 bytes. */
  raw: Uint8Array
  /** WebCrypto's, where it has X25519. */
  key?: CryptoKey
}

/** A key that serves once. */
export interface Once extends Pick<Secret, 'key'> {
  raw?: Uint8Array
  /** Its public half, 32 bytes. */
  point: Uint8Array
}

/** PKCS #8 of an X25519 private key, up to its 32 bytes (RFC 8410 section 7). */
const PKCS8 = hexToBytes('302e020100300506032b656e04220420')

/**
 * Members' Ed25519 keys as X25519 ones: u = (1 + y) / (1 − y) (RFC 7748 section 4.1), which loses the sign of x. They are
 * keys that stand in a log, so checked already. All inversions are made at once.
 *
 * @returns 32 bytes each
 */
export function fromEd25519 (keys: readonly Key[]): Uint8Array[] {
  const missing = [...new Set(keys.filter(key => !converted.has(key)))]

  if (converted.size + missing.length > MAX_CONVERTED) {
    converted.clear()

    return missing.length < keys.length ? fromEd25519(keys) : convert(keys)
  }

  convert(missing).forEach((u, i) => { converted.set(missing[i] ?? '', u) })

  return keys.map(key => converted.get(key) as Uint8Array)
}

function convert (keys: readonly Key[]): Uint8Array[] {
  const ys = keys.map((key) => {
    const bytes = hexToBytes(key)
    bytes[31] = (bytes[31] ?? 0) & 0x7f

    return bytesToNumberLE(bytes)
  })
  const inverted = FpInvertBatch(Fp, ys.map(y => Fp.sub(Fp.ONE, y)))

  return ys.map((y, i) => numberToBytesLE(Fp.mul(Fp.add(Fp.ONE, y), inverted[i] ?? Fp.ZERO), 32))
}

/** This node's own Ed25519 key as an X25519 one. @param seed - 32 bytes: the first half of libp2p's raw private key */
export async function secretOf (seed: Uint8Array): Promise<Secret> {
  return withKey(ed25519.utils.toMontgomerySecret(seed))
}

/** @param raw - 32 bytes; given for test vectors alone */
export async function newOnce (raw?: Uint8Array): Promise<Once> {
  if (raw == null) {
    try {
      const { subtle } = globalThis.crypto
      const { privateKey, publicKey } = await subtle.generateKey('X25519', false, ['deriveBits'])

      return { key: privateKey, point: new Uint8Array(await subtle.exportKey('raw', publicKey)) }
    } catch {
      // without WebCrypto's X25519
    }
  }

  const secret = raw ?? x25519.utils.randomSecretKey()

  return { ...await withKey(secret), point: x25519.getPublicKey(secret) }
}

async function withKey (raw: Uint8Array): Promise<Secret> {
  try {
    const pkcs8 = new Uint8Array([...PKCS8, ...raw])

    return { raw, key: await globalThis.crypto.subtle.importKey('pkcs8', pkcs8, 'X25519', false, ['deriveBits']) }
  } catch {
    // old browsers have no X25519 in WebCrypto; insecure pages have no WebCrypto
    return { raw }
  }
}

/**
 * The shared secret, 32 bytes.
 *
 * @param isKept - Is the other key, of `fromEd25519`, kept ready for the next time?
 * @throws {ProtocolError} It is all zero: the other key is of small order (RFC 7748 section 6.1).
 */
export async function sharedSecret ({ raw, key }: Secret | Once, other: Uint8Array, isKept = false): Promise<Uint8Array> {
  try {
    return key == null ? x25519.getSharedSecret(raw ?? new Uint8Array(), other) : await bySubtle(key, imported.get(other) ?? await importedOf(other, isKept))
  } catch (err) {
    throw new ProtocolError('A key of small order was sent: nothing is sealed to it', { cause: err })
  }
}

async function importedOf (point: Uint8Array, isKept: boolean): Promise<CryptoKey> {
  const key = await globalThis.crypto.subtle.importKey('raw', point as Uint8Array<ArrayBuffer>, 'X25519', false, [])

  if (isKept) {
    imported.set(point, key)

    for (const oldest of imported.keys()) {
      if (imported.size <= MAX_IMPORTED) {
        break
      }

      imported.delete(oldest)
    }
  }

  return key
}

async function bySubtle (key: CryptoKey, other: CryptoKey): Promise<Uint8Array> {
  const shared = new Uint8Array(await globalThis.crypto.subtle.deriveBits({ name: 'X25519', public: other }, key, 256))

  // platforms differ in whether they refuse it
  if (shared.every(byte => byte === 0)) {
    throw new RangeError('An all-zero shared secret')
  }

  return shared
}
