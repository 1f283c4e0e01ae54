/**
 * One meaning of "this signature holds" for every replica (docs/membership-log.md, last
 * rule): cofactorless, S < L, A and R canonical and not of small order, whoever
 * computes it. The checks that implementations differ in are made here first;
 * the equation is WebCrypto's where it has Ed25519, noble's otherwise.
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE, equalBytes, numberToBytesLE } from '@noble/curves/utils.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, hexToBytes } from '@noble/hashes/utils.js'

const { Point } = ed25519

/** p = 2²⁵⁵ − 19 (RFC 8032 section 5.1). */
const P = Point.Fp.ORDER

/** L, the order of the base point (RFC 8032 section 5.1). */
const L = Point.Fn.ORDER

/** L in bytes, little-endian. */
const L_BYTES = numberToBytesLE(L, 32)

/** The y of the eight points of small order, which come with either sign of x, by their first bytes. */
const SMALL_ORDER_Y = new Map([
  numberToBytesLE(0n, 32),
  numberToBytesLE(1n, 32),
  numberToBytesLE(P - 1n, 32),
  hexToBytes('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'),
  hexToBytes('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')
].map(y => [y[0], y]))

/** y < p, and the point is not of small order. Whether x exists is left to the equation. In bytes: this runs for every signature. */
function isSound (encoded: Uint8Array): boolean {
  const y = (i: number): number => i === 31 ? (encoded[31] ?? 0) & 0x7f : encoded[i] ?? 0
  const small = SMALL_ORDER_Y.get(encoded[0])

  // p is 0x7f, thirty times 0xff, 0xed from the top
  if (y(31) === 0x7f && y(0) >= 0xed && encoded.subarray(1, 31).every(byte => byte === 0xff)) {
    return false
  }

  return small == null || !small.every((byte, i) => byte === y(i))
}

/** A number in little-endian bytes, below L. */
function isBelowL (s: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = (s[i] ?? 0) - (L_BYTES[i] ?? 0)

    if (difference !== 0) {
      return difference < 0
    }
  }

  return false
}

/** Can this be a member's key? 32 bytes, canonical, on the curve, not of small order. */
export function isPublicKey (key: Uint8Array): boolean {
  try {
    Point.fromBytes(key)
    return key.length === 32 && isSound(key)
  } catch {
    return false
  }
}

/**
 * Does the signature hold, by the rule above? Never throws.
 *
 * @param publicKey - 32 bytes
 * @param signature - 64 bytes
 */
export async function verify (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (publicKey.length !== 32 || signature.length !== 64 || !isSound(publicKey) || !isSound(signature.subarray(0, 32)) ||
    !isBelowL(signature.subarray(32))) {
    return false
  }

  return await subtleHasEd25519() ? verifySubtle(publicKey, message, signature) : verifyNoble(publicKey, message, signature)
}

let probed: Promise<boolean> | undefined

/** Old browsers have no Ed25519 in WebCrypto; insecure pages have no WebCrypto. */
async function subtleHasEd25519 (): Promise<boolean> {
  probed ??= (async () => {
    try {
      await globalThis.crypto.subtle.importKey('raw', Point.BASE.toBytes() as Uint8Array<ArrayBuffer>, 'Ed25519', false, ['verify'])
      return true
    } catch {
      return false
    }
  })()

  return probed
}

/** The equation by WebCrypto; call after the checks of `verify`. */
export async function verifySubtle (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  try {
    const key = await globalThis.crypto.subtle.importKey('raw', publicKey as Uint8Array<ArrayBuffer>, 'Ed25519', false, ['verify'])

    return await globalThis.crypto.subtle.verify('Ed25519', key, signature as Uint8Array<ArrayBuffer>, message as Uint8Array<ArrayBuffer>)
  } catch {
    return false
  }
}

/** The equation by noble: encode(S·B − k·A) = R, bytewise, k mod L; call after the checks of `verify`. */
export function verifyNoble (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const r = signature.subarray(0, 32)
    const s = bytesToNumberLE(signature.subarray(32))
    const k = bytesToNumberLE(sha512(concatBytes(r, publicKey, message))) % L
    const sB = s === 0n ? Point.ZERO : Point.BASE.multiplyUnsafe(s)
    const kA = k === 0n ? Point.ZERO : Point.fromBytes(publicKey).multiplyUnsafe(k)

    return equalBytes(sB.subtract(kA).toBytes(), r)
  } catch {
    return false
  }
}
