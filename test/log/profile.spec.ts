import { generateKeyPair } from '@libp2p/crypto/keys'
import { RecordEnvelope } from '@libp2p/peer-record'
import { hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { beforeAll, describe, expect, it } from 'vitest'
import { encode } from '../../src/codec/index.js'
import { MAX_PROFILE, openProfile, sealProfile } from '../../src/log/profile.js'
import { MAX_PROFILE_RECORD } from '../../src/invitation/constants.js'
import type { Profile } from '../../src/log/index.js'
import type { Ed25519PrivateKey, PrivateKey } from '@libp2p/interface'

let bob: Ed25519PrivateKey
let eve: Ed25519PrivateKey

beforeAll(async () => {
  [bob, eve] = await Promise.all([generateKeyPair('Ed25519'), generateKeyPair('Ed25519')])
})

/** A record that no honest node would make. */
async function seal (payload: unknown, key: PrivateKey, domain?: string, codec?: string): Promise<Uint8Array> {
  return sealBytes(encode(payload), key, domain, codec)
}

async function sealBytes (bytes: Uint8Array, key: PrivateKey, domain = 'plus-one-profile/1', codec = '/plus-one/profile/1'): Promise<Uint8Array> {
  const envelope = await RecordEnvelope.seal({ domain, codec: utf8ToBytes(codec), marshal: () => bytes, equals: () => false }, key)

  return envelope.marshal()
}

describe('A profile', () => {
  it('is read as its member signed it', async () => {
    const sealed = await sealProfile({ displayName: 'Bob', picture: 'ipfs://bafy' }, 7, bob)
    await expect(openProfile(sealed, bob.publicKey.raw)).resolves.toEqual({ seq: 7, profile: { displayName: 'Bob', picture: 'ipfs://bafy' }, more: [] })
    await expect(openProfile(await sealProfile({}, 1, bob), bob.publicKey.raw)).resolves.toEqual({ seq: 1, profile: {}, more: [] })
  })

  it('that Eve signed is not Bob\'s', async () => {
    await expect(openProfile(await sealProfile({ displayName: 'Bob' }, 8, eve), bob.publicKey.raw)).rejects.toMatchObject({ name: 'ProtocolError' })
  })

  // libp2p's envelope has bits that say nothing: protobuf's, around what is signed
  it('with any bit flipped says nothing else', async () => {
    const signed = { seq: 7, profile: { displayName: 'Bob', extra: { age: 7 } }, more: [] }
    const sealed = await sealProfile(signed.profile, 7, bob)

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
      await seal([1, 2, 3], bob),
      await seal([1, 'Bob', '', null], bob),
      await seal([1, 'Bob', '', ['he/him']], bob),
      await seal([1, 'Bob', '', Uint8Array.of(1)], bob),
      await seal({ 0: 1, 1: 'Bob', 2: '' }, bob)
    ]) {
      await expect(openProfile(sealed, bob.publicKey.raw)).rejects.toMatchObject({ name: 'ProtocolError' })
    }
  })

  const extra = { pronouns: 'he/him', colours: ['#fff', 255, null, true], key: Uint8Array.of(1, 2), app: { 'notes.example': { font: 12.5 } } }

  it('has what the app shows besides', async () => {
    const sealed = await sealProfile({ displayName: 'Bob', extra }, 7, bob)
    await expect(openProfile(sealed, bob.publicKey.raw)).resolves.toEqual({ seq: 7, profile: { displayName: 'Bob', extra }, more: [] })
    // none is not written: an older plus-one reads it, too
    expect(await sealProfile({ displayName: 'Bob', extra: {} }, 7, bob)).toEqual(await sealProfile({ displayName: 'Bob' }, 7, bob))
  })

  it('that a newer plus-one wrote is read, and what is not known of it goes along when it is signed again', async () => {
    const newer = await openProfile(await seal([1, 'Bob', '', {}, 'status', 3], bob), bob.publicKey.raw)
    expect(newer).toEqual({ seq: 1, profile: { displayName: 'Bob' }, more: ['status', 3] })
    const again = await sealProfile({ displayName: 'Robert' }, 2, bob, newer.more)
    await expect(openProfile(again, bob.publicKey.raw)).resolves.toEqual({ seq: 2, profile: { displayName: 'Robert' }, more: ['status', 3] })
  })

  it.each<[string, unknown]>([
    ['513 bytes', { x: 'x'.repeat(507) }],
    ['undefined', { x: undefined }],
    ['a function', { x: () => {} }],
    ['a number that is none', { x: Number.NaN }],
    ['a bigint', { x: 2n ** 60n }],
    ['a list', ['he/him']],
    ['bytes', Uint8Array.of(1)],
    ['text', 'he/him'],
    ['what is deeper than anything is read', { a: { b: { c: { d: { e: { f: { g: { h: 1 } } } } } } } }]
  ])('does not take %s as extra', async (_what, more) => {
    await expect(sealProfile({ extra: more as Profile['extra'] }, 1, bob)).rejects.toMatchObject({ name: 'RangeError' })
  })

  it('from a member who writes a number into it that JSON.stringify throws at is none', async () => {
    // [1, 'Bob', '', { n: 2 ** 53 }], and with the number before it
    await expect(openProfile(await sealBytes(hexToBytes('840163426f6260a1616e1b0020000000000000'), bob), bob.publicKey.raw)).rejects.toMatchObject({ name: 'ProtocolError' })
    await expect(openProfile(await sealBytes(hexToBytes('840163426f6260a1616e1b001fffffffffffff'), bob), bob.publicKey.raw)).resolves.toMatchObject({ profile: { extra: { n: 2 ** 53 - 1 } } })
  })

  it('takes 512 bytes of extra, beside the longest name and picture', async () => {
    const profile = { displayName: 'B'.repeat(256), picture: 'p'.repeat(512), extra: { x: 'x'.repeat(506) } }
    const sealed = await sealProfile(profile, Number.MAX_SAFE_INTEGER, bob)
    expect(sealed.length).toBeLessThanOrEqual(MAX_PROFILE_RECORD)
    await expect(openProfile(sealed, bob.publicKey.raw)).resolves.toMatchObject({ profile })
    await expect(openProfile(await seal([1, '', '', { x: 'x'.repeat(507) }], bob), bob.publicKey.raw)).rejects.toMatchObject({ name: 'ProtocolError' })
  })

  it('is as long as it may be at most, whoever signed it', async () => {
    await expect(sealProfile({ displayName: 'B'.repeat(257) }, 1, bob)).rejects.toMatchObject({ name: 'RangeError' })
    await expect(sealProfile({ picture: 'p'.repeat(513) }, 1, bob)).rejects.toMatchObject({ name: 'RangeError' })
    await expect(openProfile(await seal([1, 'B'.repeat(257), ''], bob), bob.publicKey.raw)).rejects.toMatchObject({ name: 'ProtocolError' })
    await expect(openProfile(await seal([1, '', 'p'.repeat(513)], bob), bob.publicKey.raw)).rejects.toMatchObject({ name: 'ProtocolError' })
    await expect(openProfile(await seal([1, 'Bob', '', {}, 'x'.repeat(MAX_PROFILE)], bob), bob.publicKey.raw)).rejects.toMatchObject({ name: 'ProtocolError' })
  })
})
