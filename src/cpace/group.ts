/** The group object G_Ristretto255 of draft-irtf-cfrg-cpace-21, section 8.3, on @noble/curves. */
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js'
import { bytesToNumberLE } from '@noble/curves/utils.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { CPaceError } from './errors.js'
import { generatorString } from './strings.js'

const { Point } = ristretto255

/** G.DSI for ristretto255 (section 8.3). */
export const DSI = utf8ToBytes('CPaceRistretto255')

/** H.s_in_bytes of SHA-512 (section 6.2). */
const BLOCK_SIZE = 128

/** Bytes drawn for a scalar: 256 more bits than the order has, so that the reduction's bias is under 2⁻²⁵⁶. */
const SCALAR_SEED_LENGTH = 64

/** Returns this many random bytes; must be cryptographically secure. */
export type RandomBytes = (bytes: number) => Uint8Array

export type Element = InstanceType<typeof ristretto255.Point>

/**
 * G.sample_scalar (section 8.3, the alternative): uniform in [1, order), by
 * oversampling and reduction (section 10.7).
 *
 * @throws {RangeError} The random source gave too few bytes, or what it gives once in 2²⁵² draws: a small scalar would give the PIN away.
 */
export function sampleScalar (random: RandomBytes): bigint {
  const seed = random(SCALAR_SEED_LENGTH)
  const scalar = bytesToNumberLE(seed) % Point.Fn.ORDER

  if (seed.length !== SCALAR_SEED_LENGTH || scalar === 0n) {
    throw new RangeError(`The random source is broken: it must return as many bytes as asked for, here ${SCALAR_SEED_LENGTH}, and random ones`)
  }

  return scalar
}

/** G.calculate_generator (section 8.3): the password's generator, by RFC 9496's element derivation from SHA-512's 64 bytes. */
export function calculateGenerator (prs: Uint8Array, ci: Uint8Array, sid: Uint8Array): Element {
  const hash = sha512(generatorString(DSI, prs, ci, sid, BLOCK_SIZE))

  if (ristretto255_hasher.deriveToCurve == null) {
    throw new Error('@noble/curves has no ristretto255 derivation; install its version from package-lock.json')
  }

  return ristretto255_hasher.deriveToCurve(hash)
}

/** G.scalar_mult (section 8.3): encoded, 32 bytes. */
export function scalarMult (scalar: bigint, element: Element): Uint8Array {
  return element.multiply(scalar).toBytes()
}

/**
 * G.scalar_mult_vfy (section 8.3), encoded, 32 bytes.
 *
 * @throws {CPaceError} Where the draft has G.I: it does not decode, or is the neutral element.
 */
export function scalarMultVfy (scalar: bigint, encoded: Uint8Array): Uint8Array {
  const element = decode(encoded)

  if (element.is0()) {
    throw new CPaceError('identity')
  }

  // the order is prime: neither factor is zero, so neither is the product
  return scalarMult(scalar, element)
}

function decode (encoded: Uint8Array): Element {
  try {
    return Point.fromBytes(encoded)
  } catch {
    throw new CPaceError('bad-share')
  }
}
