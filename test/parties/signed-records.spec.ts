/** Signed records that come by several streams at once: the newest of each key stays. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { MemoryDatastore } from 'datastore-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyOf, sealProfile } from '../../src/log/terms.js'
import { Profiles } from '../../src/parties/profiles.js'
import { FailingStore } from '../../src/testing/index.js'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

async function profilesOf (privateKey: Ed25519PrivateKey, datastore: Datastore = new MemoryDatastore()): Promise<Profiles> {
  const profiles = new Profiles({ datastore, privateKey, peerId: peerIdFromPrivateKey(privateKey) }, undefined)
  await profiles.load()

  return profiles
}

describe('Bob changes his name several times, and Alice hears of it from several members at once', () => {
  it('she shows the last one, and still after a restart, in whatever order they come', async () => {
    const [alices, bobs] = await Promise.all([generateKeyPair('Ed25519'), generateKeyPair('Ed25519')])
    const bob = keyOf(bobs)
    const said = await Promise.all([1, 2, 3, 4].map(async seq => sealProfile({ displayName: `Bob ${seq}` }, seq, bobs)))

    await fc.assert(fc.asyncProperty(fc.shuffledSubarray(said, { minLength: said.length }), async (order) => {
      const datastore = new MemoryDatastore()
      const profiles = await profilesOf(alices, datastore)
      await Promise.all(order.map(async sealed => profiles.put(sealed, bob)))
      expect(profiles.get(bob).displayName).toBe('Bob 4')
      expect((await profilesOf(alices, datastore)).get(bob).displayName).toBe('Bob 4')
    }), { numRuns: 10 })
  })

  it('one that her disk does not take is not known, and the next one is', async () => {
    const [alices, bobs] = await Promise.all([generateKeyPair('Ed25519'), generateKeyPair('Ed25519')])
    const store = new FailingStore()
    const profiles = await profilesOf(alices, store)
    const [two, one] = await Promise.all([2, 1].map(async seq => sealProfile({ displayName: `Bob ${seq}` }, seq, bobs)))
    store.fail({ times: 1 })
    const kept = await Promise.allSettled([two!, one!].map(async sealed => profiles.put(sealed, keyOf(bobs))))
    expect(kept.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
    expect(profiles.get(keyOf(bobs)).displayName).toBe('Bob 1')
  })
})

describe('Bob has a phone, a laptop and a tablet', () => {
  it('what he says last on the tablet stays, though the laptop says again what the phone said while he said something else there', async () => {
    const keys = await Promise.all([1, 2, 3].map(async () => generateKeyPair('Ed25519')))
    const [phone, laptop, tablet] = await Promise.all(keys.map(async key => profilesOf(key))) as [Profiles, Profiles, Profiles]
    const recovery = keyOf(await generateKeyPair('Ed25519'))
    const speakers = { keys: keys.map(keyOf), first: keyOf(keys[0]!), recovery }
    const tell = async (from: Profiles, nth: number, ...to: Profiles[]): Promise<void> => {
      const said = from.own
      await Promise.all(to.map(async profiles => profiles.put(said, keyOf(keys[nth]!))))
    }

    await Promise.all([phone.setProfile({ displayName: 'Bob' }, recovery), laptop.setProfile({ displayName: 'Bobby' }, recovery)])
    await tell(phone, 0, laptop, tablet)
    await tell(laptop, 1, phone, tablet)
    expect([phone, laptop, tablet].map(profiles => profiles.of(speakers).displayName)).toEqual(['Bob', 'Bob', 'Bob'])
    await Promise.all([laptop.adopt(speakers), tablet.setProfile({ displayName: 'Robert' }, recovery)])
    await tell(laptop, 1, phone, tablet)
    await tell(tablet, 2, phone, laptop)
    expect([phone, laptop, tablet].map(profiles => profiles.of(speakers).displayName)).toEqual(['Robert', 'Robert', 'Robert'])
  })
})
