import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPublicKey, verify } from '../../src/log/index.js'
import { verifyNoble, verifySubtle } from '../../src/log/ed25519.js'

const { Point } = ed25519
const P = Point.Fp.ORDER
const L = Point.Fn.ORDER
const message = utf8ToBytes('Alice admits Bob')

/** A point of order 8 (RFC 8032's curve has eight points of small order). */
const TORSION = Point.fromBytes(hexToBytes('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'))
const SMALL = Array.from({ length: 8 }, (_, i) => i === 0 ? Point.ZERO : TORSION.multiplyUnsafe(BigInt(i)))

const scalar = 0x1234567890abcdefn
const nonce = 0xfedcba0987654321n

function challenge (r: Uint8Array, a: Uint8Array): bigint {
  return bytesToNumberLE(sha512(concatBytes(r, a, message))) % L
}

/** A signature whose R has `torsion` added, by a key with `keyTorsion` added: cofactored verifiers take it. */
function sign (torsion: InstanceType<typeof Point>, keyTorsion: InstanceType<typeof Point>): { key: Uint8Array, signature: Uint8Array } {
  const key = Point.BASE.multiply(scalar).add(keyTorsion).toBytes()
  const r = Point.BASE.multiply(nonce).add(torsion).toBytes()
  const s = (nonce + challenge(r, key) * scalar) % L

  return { key, signature: concatBytes(r, numberToBytesLE(s, 32)) }
}

/** The equation by both, and the rule in full. */
async function verdicts (key: Uint8Array, signature: Uint8Array): Promise<{ rule: boolean, subtle: boolean, noble: boolean }> {
  return { rule: await verify(key, message, signature), subtle: await verifySubtle(key, message, signature), noble: verifyNoble(key, message, signature) }
}

describe('An Ed25519 signature means the same everywhere', () => {
  it('a plain one holds, by WebCrypto and by noble', async () => {
    const { key, signature } = sign(Point.ZERO, Point.ZERO)

    expect(await verdicts(key, signature)).toEqual({ rule: true, subtle: true, noble: true })
  })

  it('an R with a torsion component, which cofactored verifiers take, does not hold', async () => {
    for (const torsion of SMALL.slice(1)) {
      const { key, signature } = sign(torsion, Point.ZERO)

      expect(ed25519.verify(signature, message, key, { zip215: true })).toBe(true)
      expect(await verdicts(key, signature)).toEqual({ rule: false, subtle: false, noble: false })
    }
  })

  it('a key with a torsion component gets the same verdict from both, whatever it is', async () => {
    for (const torsion of SMALL.slice(1)) {
      const { key, signature } = sign(Point.ZERO, torsion)
      const { subtle, noble, rule } = await verdicts(key, signature)

      expect(noble).toBe(subtle)
      expect(rule).toBe(subtle)
    }
  })

  it('keys and Rs of small order are refused, whatever the equation says', async () => {
    for (const small of SMALL) {
      // S = 0 and R = −k·A: the equation holds with A of small order now and then
      const signature = concatBytes(small.toBytes(), new Uint8Array(32))

      for (const other of SMALL) {
        expect(await verify(other.toBytes(), message, signature)).toBe(false)
      }

      expect(isPublicKey(small.toBytes())).toBe(false)
    }
  })

  it('an S of L or more is refused', async () => {
    const { key, signature } = sign(Point.ZERO, Point.ZERO)
    const s = bytesToNumberLE(signature.subarray(32))

    for (const high of [s + L, s + 2n * L, L, 2n ** 256n - 1n]) {
      expect(await verify(key, message, concatBytes(signature.subarray(0, 32), numberToBytesLE(high % 2n ** 256n, 32)))).toBe(false)
    }
  })

  it('encodings that are not canonical are refused: y of p or more, with either sign', async () => {
    for (let y = 0n; y < 19n; y++) {
      for (const sign of [0n, 1n << 255n]) {
        const encoded = numberToBytesLE(P + y + sign, 32)

        expect(await verify(encoded, message, concatBytes(encoded, new Uint8Array(32)))).toBe(false)
        expect(isPublicKey(encoded)).toBe(false)
      }
    }
  })

  it('x = 0 with a sign is refused', async () => {
    for (const y of [1n, P - 1n]) {
      const encoded = numberToBytesLE(y + (1n << 255n), 32)

      expect(await verify(encoded, message, concatBytes(encoded, new Uint8Array(32)))).toBe(false)
    }
  })

  it('wrong lengths never throw', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 70 }), fc.uint8Array({ maxLength: 70 }), async (key, signature) => {
      expect(await verify(key, message, signature)).toBe(false)
    }), { numRuns: 50 })
  })

  it('any bit flipped in key, message or signature is noticed by both', async () => {
    const { key, signature } = sign(Point.ZERO, Point.ZERO)

    await fc.assert(fc.asyncProperty(fc.nat(96 * 8 - 1), async (bit) => {
      const all = concatBytes(key, signature)
      all[bit >> 3] = (all[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const [k, s] = [all.slice(0, 32), all.slice(32)]

      expect(await verify(k, message, s)).toBe(false)
      expect(verifyNoble(k, message, s)).toBe(await verifySubtle(k, message, s))
    }), { numRuns: 60 })
  })
})
