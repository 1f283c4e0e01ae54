import { generateKeyPair } from '@libp2p/crypto/keys'
import { RecordEnvelope } from '@libp2p/peer-record'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { beforeAll, describe, expect, it } from 'vitest'
import { encode } from '../../src/codec/index.js'
import { MAX_PROFILE, openProfile, sealProfile } from '../../src/log/profile.js'
import type { Ed25519PrivateKey, PrivateKey } from '@libp2p/interface'

let bob: Ed25519PrivateKey
let eve: Ed25519PrivateKey

beforeAll(async () => {
  [bob, eve] = await Promise.all([generateKeyPair('Ed25519'), generateKeyPair('Ed25519')])
})

/** A record that no honest node would make. */
async function seal (payload: unknown, key: PrivateKey, domain = 'plus-one-profile/1', codec = '/plus-one/profile/1'): Promise<Uint8Array> {
  const bytes = encode(payload)
  const envelope = await RecordEnvelope.seal({ domain, codec: utf8ToBytes(codec), marshal: () => bytes, equals: () => false }, key)

  return envelope.marshal()
}

describe('A profile', () => {
  it('is read as its member signed it', async () => {
    const sealed = await sealProfile({ displayName: 'Bob', picture: 'ipfs://bafy' }, 7, bob)
    await expect(openProfile(sealed, bob.publicKey.raw)).resolves.toEqual({ seq: 7, profile: { displayName: 'Bob', picture: 'ipfs://bafy' } })
    await expect(openProfile(await sealProfile({}, 1, bob), bob.publicKey.raw)).resolves.toEqual({ seq: 1, profile: {} })
  })

  it('that Eve signed is not Bob\'s', async () => {
    await expect(openProfile(await sealProfile({ displayName: 'Bob' }, 8, eve), bob.publicKey.raw)).rejects.toMatchObject({ name: 'ProtocolError' })
  })

  // libp2p's envelope has bits that say nothing: protobuf's, around what is signed
  it('with any bit flipped says nothing else', async () => {
    const signed = { seq: 7, profile: { displayName: 'Bob' } }
    const sealed = await sealProfile({ displayName: 'Bob' }, 7, bob)

    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const flipped = sealed.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(await openProfile(flipped, bob.publicKey.raw).catch((err: Error) => err.name)).toSatisfy((read: unknown) => read === 'ProtocolError' || JSON.stringify(read) === JSON.stringify(signed))
    }
  })

  it('signed for another purpose, or of another layout, is none', async () => {
    for (const sealed of [
      await seal([1, 'Bob', ''], bob, 'libp2p-peer-record'),
      await seal([1, 'Bob', ''], bob, undefined, '/libp2p/other'),
      await seal([1, 'Bob'], bob),
      await seal(['1', 'Bob', ''], bob),
      await seal([1, 2, 3], bob)
    ]) {
      await expect(openProfile(sealed, bob.publicKey.raw)).rejects.toMatchObject({ name: 'ProtocolError' })
    }
  })

  it('holds 1 KiB at most, whoever signed it', async () => {
    await expect(sealProfile({ displayName: 'B'.repeat(257) }, 1, bob)).rejects.toMatchObject({ name: 'RangeError' })
    await expect(sealProfile({ picture: 'p'.repeat(513) }, 1, bob)).rejects.toMatchObject({ name: 'RangeError' })
    await expect(openProfile(await seal([1, 'B'.repeat(MAX_PROFILE), ''], bob), bob.publicKey.raw)).rejects.toMatchObject({ name: 'ProtocolError' })
  })
})
