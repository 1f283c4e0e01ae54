import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { lvCat } from '../../src/cpace/index.js'
import { derive, deriveMany } from '../../src/keys/derive.js'
import { hkdfOfMany } from '../../src/keys/hkdf.js'
import { commitmentOf, epochIdIn, epochOf, holds, MAX_PREDECESSORS, mostBytes, open, openSecrets, OVERHEAD, predecessorsOf, seal, sealSecrets, secretOf, unwrap, wrap } from '../../src/keys/index.js'
import { fromEd25519, newOnce, sharedSecret } from '../../src/keys/x25519.js'
import type { GrantKeyInit, Rekeying, Secret, Wraps } from '../../src/keys/index.js'
import type { Once } from '../../src/keys/x25519.js'

interface Device {
  key: string
  own: Secret
}

const fill = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte)
const id = (byte: number): string => bytesToHex(fill(byte))
const refused: unknown = expect.objectContaining({ name: 'ProtocolError' })

async function device (seed: number): Promise<Device> {
  return { key: bytesToHex(ed25519.getPublicKey(fill(seed))), own: await secretOf(fill(seed)) }
}

function flipped (bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))

  return copy
}

describe('HKDF of many secrets', () => {
  it('gives what noble gives of each, one after the other, whatever their lengths', () => {
    const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength })

    fc.assert(fc.property(bytes(200), fc.integer({ min: 0, max: 127 }), fc.array(bytes(200), { minLength: 1, maxLength: 4 }), (begin, length, secrets) => {
      const each = hkdfOfMany(begin, length)

      for (const [i, secret] of secrets.entries()) {
        const end = fill(i + 1, length)
        expect(each(secret, end)).toEqual(hkdf(sha256, secret, undefined, concatBytes(begin, end), 32))
      }
    }))
  })

  it('binds as deriving one by one does', () => {
    expect(deriveMany('wrap', [fill(2)], 32)(fill(1), fill(3))).toEqual(derive(fill(1), 'wrap', [fill(2), fill(3)]))
  })
})

describe('An Ed25519 key as an X25519 one', () => {
  it('is what noble makes of it, of many at once as of one', async () => {
    const keys = Array.from({ length: 20 }, (_, i) => ed25519.getPublicKey(fill(i + 1)))

    expect(fromEd25519(keys.map(key => bytesToHex(key)))).toEqual(keys.map(key => ed25519.utils.toMontgomery(key)))
    expect(x25519.getPublicKey((await secretOf(fill(3))).raw)).toEqual(ed25519.utils.toMontgomery(keys[2] as Uint8Array))
  })

  it('agrees on RFC 7748\'s secret (section 6.1), with WebCrypto and without', async () => {
    const bob = await newOnce(hexToBytes('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'))
    const alice = hexToBytes('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a')
    const agreed = hexToBytes('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742')

    expect(bob.key).toBeDefined()
    expect(await sharedSecret(bob, alice)).toEqual(agreed)
    expect(await sharedSecret({ raw: bob.raw as Uint8Array }, alice)).toEqual(agreed)
  })

  it('imports a member\'s key once, however often it is sealed to: the newest 1,024 of them', async () => {
    const points = Array.from({ length: 1025 }, (_, i) => sha256(Uint8Array.of(i >> 8, i)))
    const [first, second] = points as [Uint8Array, Uint8Array]
    const imports = vi.spyOn(globalThis.crypto.subtle, 'importKey')
    const seal = async (one: Secret | Once, some: Uint8Array[]): Promise<Uint8Array[]> => Promise.all(some.map(async point => sharedSecret(one, point, true)))
    const [before, after] = [await newOnce(), await newOnce(fill(9))]
    imports.mockClear()

    await seal(before, points)
    expect(imports).toHaveBeenCalledTimes(1025)
    expect(await seal(after, [second])).toEqual([x25519.getSharedSecret(fill(9), second)])
    expect(imports).toHaveBeenCalledTimes(1025)
    expect(await seal(after, [first])).toEqual([x25519.getSharedSecret(fill(9), first)])
    expect(imports).toHaveBeenCalledTimes(1026)
    imports.mockRestore()
  })

  it('refuses a key of small order, with WebCrypto and without', async () => {
    const one = await newOnce(fill(9))
    expect(one.key).toBeDefined()

    for (const point of [fill(0), Uint8Array.of(1, ...fill(0, 31))]) {
      await expect(sharedSecret(one, point)).rejects.toEqual(refused)
      await expect(sharedSecret({ raw: one.raw as Uint8Array }, point)).rejects.toEqual(refused)
    }
  })
})

describe('Alice wraps a secret for Bob\'s phone and Carol', () => {
  const secret = fill(7)
  let alice: Device
  let bob: Device
  let carol: Device
  let eve: Device
  let rekeying: Rekeying
  let made: Wraps

  beforeAll(async () => {
    [alice, bob, carol, eve] = await Promise.all([1, 2, 3, 4].map(async seed => device(seed))) as [Device, Device, Device, Device]
    rekeying = { genesis: id(10), author: alice.key, previous: id(11) }
    made = await wrap({ secret, rekeying, recipients: [bob.key, carol.key], predecessors: [{ rekey: id(20), secret: fill(21) }] })
  })

  const opening = async ({ key, own }: Device, bytes = made.bytes, change: Partial<Rekeying> = {}): Promise<Uint8Array | undefined> =>
    unwrap({ bytes, rekeying: { ...rekeying, ...change }, commitment: made.payload.commitment, key, own })

  it('each opens it, and nobody else', async () => {
    expect(await opening(bob)).toEqual(secret)
    expect(await opening(carol)).toEqual(secret)
    expect(await opening(eve)).toBeUndefined()
    expect(made.bytes).toHaveLength(mostBytes(2, 1))
    expect(made.payload.wraps).toBe(bytesToHex(sha256(made.bytes)))
  })

  it('opens without WebCrypto, too', async () => {
    expect(await opening({ key: bob.key, own: { raw: bob.own.raw } })).toEqual(secret)
  })

  it('the order of the recipients does not show', async () => {
    const ephemeral = fill(5)
    const one = await wrap({ secret, rekeying, recipients: [bob.key, carol.key], ephemeral })
    const other = await wrap({ secret, rekeying, recipients: [carol.key, bob.key], ephemeral })

    expect(one).toEqual(other)
  })

  it('another REKEY cannot carry it: of another author, party, or place', async () => {
    await expect(opening(bob, made.bytes, { author: eve.key })).rejects.toEqual(refused)
    await expect(opening(bob, made.bytes, { genesis: id(12) })).rejects.toEqual(refused)
    await expect(opening(bob, made.bytes, { previous: id(12) })).rejects.toEqual(refused)
    await expect(opening(bob, made.bytes, { previous: undefined })).rejects.toEqual(refused)
    expect(holds(secret, { ...rekeying, author: eve.key }, made.payload.commitment)).toBe(false)
  })

  it('a set with another secret than the REKEY commits to is refused', async () => {
    const other = await wrap({ secret: fill(8), rekeying, recipients: [bob.key] })

    await expect(opening(bob, other.bytes)).rejects.toEqual(refused)
  })

  it('a recipient whose key differs in the sign alone opens nothing of the other\'s', async () => {
    const twin = flipped(hexToBytes(bob.key), 255)

    expect(fromEd25519([bytesToHex(twin)])).toEqual(fromEd25519([bob.key]))
    await expect(opening({ ...bob, key: bytesToHex(twin) })).rejects.toEqual(refused)
  })

  it('any flipped bit: what was not meant for one is not taken, or is the secret still', async () => {
    for (let bit = 0; bit < made.bytes.length * 8; bit++) {
      const result = await opening(bob, flipped(made.bytes, bit)).catch((err: Error) => err.name)

      // of another's wrap, and of the past, nothing shows; the set's hash does
      expect([bytesToHex(secret), undefined, 'ProtocolError']).toContain(result instanceof Uint8Array ? bytesToHex(result) : result)
    }
  })

  it('no other bytes are a set, and nothing crashes', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const result = await opening(bob, bytes).catch((err: Error) => err.name)

      expect([undefined, 'ProtocolError']).toContain(result)
    }), { numRuns: 200 })

    await expect(opening(bob, made.bytes.subarray(0, -1))).rejects.toEqual(refused)
  })

  it('who has the new secret reads the ones before it; who has not, none', () => {
    expect(predecessorsOf(made.bytes, secret, rekeying)).toEqual([{ rekey: id(20), secret: fill(21) }])
    expect(predecessorsOf(made.bytes, fill(8), rekeying)).toEqual([])
    expect(predecessorsOf(made.bytes, secret, { ...rekeying, author: eve.key })).toEqual([])
  })

  it('of too many epochs before, the first are kept', async () => {
    const predecessors = Array.from({ length: MAX_PREDECESSORS + 1 }, (_, i) => ({ rekey: bytesToHex(sha256(Uint8Array.of(i & 0xff, i >> 8))), secret: fill(i & 0xff) }))
    const { bytes } = await wrap({ secret, rekeying, recipients: [], predecessors })

    expect(predecessorsOf(bytes, secret, rekeying)).toEqual(predecessors.slice(0, MAX_PREDECESSORS))
  })

  it('stops when it is told to, and tells how far it is', async () => {
    const controller = new AbortController()
    const seen: number[] = []
    const recipients = Array.from({ length: 600 }, () => bob.key)
    const making = wrap({ secret, rekeying, recipients, signal: controller.signal, onProgress: (done) => {
      seen.push(done)
      controller.abort(new Error('enough'))
    } })

    await expect(making).rejects.toThrow('enough')
    expect(seen).toEqual([256])
  })
})

describe('Members seal bytes to each other', () => {
  const genesis = id(10)
  const epoch = epochOf([{ rekey: id(1), secret: fill(2) }])
  const note = utf8ToBytes('Bring the cake')

  it('who has the epoch opens them, and the header names it', () => {
    const sealed = seal(note, epoch, { genesis, associatedData: utf8ToBytes('note 1') })

    expect(sealed).toHaveLength(note.length + OVERHEAD)
    expect(epochIdIn(sealed)).toBe(bytesToHex(epoch.id))
    expect(open(sealed, epoch, { genesis, associatedData: utf8ToBytes('note 1') })).toEqual(note)
  })

  it('not in another party, with other associated data, or another epoch', () => {
    const sealed = seal(note, epoch, { genesis, associatedData: utf8ToBytes('note 1') })
    const fails: unknown = expect.objectContaining({ name: 'SealError' })
    const opening = (change: object, by = epoch) => () => open(sealed, by, { genesis, associatedData: utf8ToBytes('note 1'), ...change })

    expect(opening({ genesis: id(11) })).toThrow(fails)
    expect(opening({ associatedData: utf8ToBytes('note 2') })).toThrow(fails)
    expect(opening({ associatedData: undefined })).toThrow(fails)
    expect(opening({}, epochOf([{ rekey: id(1), secret: fill(3) }]))).toThrow(fails)
  })

  it('any flipped bit is seen', () => {
    const sealed = seal(note, epoch, { genesis })

    for (let bit = 0; bit < sealed.length * 8; bit++) {
      expect(() => open(flipped(sealed, bit), epoch, { genesis })).toThrow(expect.objectContaining({ name: bit < 8 ? 'ProtocolError' : 'SealError' }))
    }
  })

  it('no other bytes open, and nothing crashes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(() => open(bytes, epoch, { genesis })).toThrow(/sealed bytes/)
    }))
  })

  it('an epoch of two REKEYs takes both secrets, in whatever order they came', () => {
    const one = { rekey: id(1), secret: fill(2) }
    const other = { rekey: id(3), secret: fill(4) }
    const both = epochOf([one, other])

    expect(epochOf([other, one])).toEqual(both)
    expect([epochOf([one]), epochOf([other]), epochOf([{ ...one, secret: other.secret }, { ...other, secret: one.secret }])].map(({ sealing }) => sealing)).not.toContainEqual(both.sealing)
    expect(both.meeting).toHaveLength(16)
    expect(both.sealing.subarray(0, 16)).not.toEqual(both.meeting)
  })
})

describe('A Grant carries the current secrets', () => {
  const init: GrantKeyInit = { codeSecret: fill(1, 16), sessionKey: fill(2, 64), transcript: fill(3), admit: id(4) }
  const secrets = [{ rekey: id(5), secret: fill(6) }, { rekey: id(7), secret: fill(8) }]

  it('to who took part in that handshake, with that code', () => {
    const sealed = sealSecrets(secrets, init)

    expect(openSecrets(sealed, init)).toEqual(secrets)

    for (const change of [{ codeSecret: fill(9, 16) }, { sessionKey: fill(9, 64) }, { transcript: fill(9) }, { admit: id(9) }]) {
      expect(() => openSecrets(sealed, { ...init, ...change })).toThrow(refused)
    }
  })

  it('any flipped bit is seen, and other bytes are refused', () => {
    const sealed = sealSecrets(secrets, init)

    for (let bit = 0; bit < sealed.length * 8; bit += 3) {
      expect(() => openSecrets(flipped(sealed, bit), init)).toThrow(refused)
    }

    for (const bytes of [new Uint8Array(), sealed.subarray(1), fill(0, 16), fill(0, 16 + 64 * 17)]) {
      expect(() => openSecrets(bytes, init)).toThrow(refused)
    }
  })
})

describe('HKDF without a salt', () => {
  it('is what noble makes of it', () => {
    expect(derive(fill(1), 'seal', [fill(2)], 48)).toEqual(hkdf(sha256, fill(1), undefined, lvCat(utf8ToBytes('plus-one/seal/1'), fill(2)), 48))
  })
})

describe('What the labels give, for good', () => {
  const rekeying: Rekeying = { genesis: id(10), author: id(11), previous: id(12) }

  it('a commitment, an epoch, a wrap set, sealed bytes, a Grant\'s secrets', async () => {
    const bob = await device(2)
    const epoch = epochOf([{ rekey: id(1), secret: fill(7) }, { rekey: id(2), secret: fill(8) }])
    const { payload, bytes } = await wrap({ secret: fill(7), rekeying, recipients: [bob.key], predecessors: [{ rekey: id(20), secret: fill(21) }], ephemeral: fill(5) })

    expect({
      commitment: bytesToHex(commitmentOf(fill(7), rekeying)),
      first: bytesToHex(commitmentOf(fill(7), { genesis: rekeying.genesis, author: rekeying.author })),
      epoch: bytesToHex(epoch.id),
      sealing: bytesToHex(epoch.sealing),
      meeting: bytesToHex(epoch.meeting),
      wraps: payload.wraps,
      sealed: bytesToHex(sha256(seal(utf8ToBytes('hello'), epoch, { genesis: id(10), associatedData: utf8ToBytes('note') }, fill(6, 24)))),
      granted: bytesToHex(sha256(sealSecrets([{ rekey: id(5), secret: fill(6) }], { codeSecret: fill(1, 16), sessionKey: fill(2, 64), transcript: fill(3), admit: id(4) }))),
      bytes: bytes.length
    }).toMatchInlineSnapshot(`
      {
        "bytes": 173,
        "commitment": "2506fddf597a4b5843dd8d7fe4b4232caf1b50ab3c3f304717c6d2425b27f476",
        "epoch": "f818afd37a6dc3bc92fb447310112770",
        "first": "c9071d2afc6c7f2677d46969c1fe2fc2cc64b7418e0336b8af87d240d941cddc",
        "granted": "93680fee64cc759559903deecc85ab9aa1c8b26fc220c20a89d9b5bf16fef470",
        "meeting": "596e5f576e752b927263d63ff7abdb2e",
        "sealed": "5e4881f153ea634e13a5eac4cbc2675592900300fe2b6be8bb644d9992c67671",
        "sealing": "7809abae38ad8fde658dc71dc423a06a4f99a942541b58b831592d6990394e42",
        "wraps": "0bbdb251ebf6dbb9959ca05394de9b03ec79729cb210670b3a74092865da30f5",
      }
    `)
  })
})
