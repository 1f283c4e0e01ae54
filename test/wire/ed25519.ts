/** Ed25519 by docs/membership-log.md, "Format": the same answer everywhere. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concat, isSame } from './bytes.js'

const { Point } = ed25519
const L = Point.Fn.ORDER

function littleEndian (bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => value * 256n + BigInt(byte), 0n)
}

/** Canonical, on the curve, not of small order. */
export function isSound (encoded: Uint8Array): boolean {
  try {
    return encoded.length === 32 && !Point.fromBytes(encoded).isSmallOrder()
  } catch {
    return false
  }
}

/** encode(S·B − k·A) = R, bytewise, k mod L; S < L; A and R sound. */
export function verify (key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const r = signature.subarray(0, 32)
  const s = littleEndian(signature.subarray(32))

  if (signature.length !== 64 || !isSound(key) || !isSound(r) || s >= L) {
    return false
  }

  const k = littleEndian(sha512(concat(r, key, message))) % L
  const times = (point: typeof Point.BASE, factor: bigint): typeof Point.BASE => factor === 0n ? Point.ZERO : point.multiplyUnsafe(factor)

  return isSame(times(Point.BASE, s).subtract(times(Point.fromBytes(key), k)).toBytes(), r)
}
