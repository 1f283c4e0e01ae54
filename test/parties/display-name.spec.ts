import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openDisplayName, sealDisplayName } from '../../src/log/display-name.js'
import { createNetwork } from '../../src/testing/index.js'
import { connect, join } from '../helpers/parties.js'
import type { Party } from '../../src/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'

let network: Network

beforeEach(() => { network = createNetwork({ meet: false }) })

afterEach(async () => network.stop())

const namesIn = (party: Party): Array<string | undefined> => party.members.map(({ profile }) => profile.displayName).sort()
const both = async (...names: string[]): Promise<TestNode[]> => Promise.all(names.map(async displayName => network.node({ profile: { displayName } })))

describe('A display name of one party', () => {
  it('is what Bob is called there, and nowhere else; all members see it, who comes later, too', async () => {
    const [alice, bob, carol] = await both('Alice', 'Bob', 'Carol') as [TestNode, TestNode, TestNode]
    const [choir, club] = [await alice.services.parties.create({ name: 'Choir' }), await alice.services.parties.create({ name: 'Book club' })]
    const bobs = await join(choir, bob)
    await join(club, bob)
    await bobs.setDisplayName('Bob, bass')
    expect(namesIn(bobs)).toEqual(['Alice', 'Bob, bass'])
    await vi.waitFor(() => { expect(namesIn(choir)).toEqual(['Alice', 'Bob, bass']) })
    expect(namesIn(club)).toEqual(['Alice', 'Bob'])
    const carols = await join(choir, carol)
    await vi.waitFor(() => { expect(namesIn(carols)).toEqual(['Alice', 'Bob, bass', 'Carol']) })
  })

  it('leaves the rest to the profile, and all of it once it is empty', async () => {
    const [alice, bob] = await both('Alice', 'Bob') as [TestNode, TestNode]
    const choir = await alice.services.parties.create({ name: 'Choir' })
    const bobs = await join(choir, bob)
    const bobAt = (party: Party) => party.members.find(({ peerId }) => peerId.equals(bob.peerId))?.profile
    await bobs.setDisplayName('Bob, bass')
    await bob.services.parties.setProfile({ displayName: 'Robert', picture: 'ipfs://bafy', extra: { pronouns: 'he/him' } })
    const shown = { displayName: 'Bob, bass', picture: 'ipfs://bafy', extra: { pronouns: 'he/him' } }
    expect(bobAt(bobs)).toEqual(shown)
    await vi.waitFor(() => { expect(bobAt(choir)).toEqual(shown) })
    await bobs.setDisplayName('')
    await vi.waitFor(() => { expect(bobAt(choir)).toEqual({ ...shown, displayName: 'Robert' }) })
  })

  it('is told of by the party\'s snapshot, and is there after a restart of either', async () => {
    const [alice, bob] = await both('Alice', 'Bob') as [TestNode, TestNode]
    const choir = await alice.services.parties.create({ name: 'Choir' })
    const bobs = await join(choir, bob)
    let told = 0
    choir.subscribe(() => { told += Number(namesIn(choir).includes('Bob, bass')) })
    await bobs.setDisplayName('Bob, bass')
    await vi.waitFor(() => { expect(told).toBeGreaterThan(0) })

    for (const node of [alice, bob]) {
      await node.stop()
      await node.start()
      const again = await node.services.parties.open(choir.key)
      expect(namesIn(again)).toEqual(['Alice', 'Bob, bass'])
    }
  })

  it('of a store that came back older gets a number that counts', async () => {
    const datastore = new MemoryDatastore()
    const privateKey = await generateKeyPair('Ed25519')
    const [alice] = await both('Alice') as [TestNode]
    const bob = await network.node({ datastore, privateKey })
    const choir = await alice.services.parties.create({ name: 'Choir' })
    const bobs = await join(choir, bob)
    await bobs.setDisplayName('Bob')
    await bobs.setDisplayName('Bobby')
    await vi.waitFor(() => { expect(namesIn(choir)).toContain('Bobby') })
    await bob.stop()
    const older = new MemoryDatastore()

    for await (const { key, value } of datastore.query({})) {
      if (!key.toString().startsWith('/plus-one/name')) {
        await older.put(key, value)
      }
    }

    const again = await network.node({ datastore: older, privateKey })
    await connect(again, alice)
    const party = await again.services.parties.open(choir.key)
    await vi.waitFor(() => { expect(namesIn(party)).toContain('Bobby') })
    await party.setDisplayName('Robert')
    await vi.waitFor(() => { expect(namesIn(choir)).toContain('Robert') })
  })

  it('is for members: who has left is called nothing', async () => {
    const [alice, bob] = await both('Alice', 'Bob') as [TestNode, TestNode]
    const choir = await alice.services.parties.create({ name: 'Choir' })
    const bobs = await join(choir, bob)
    await expect(bobs.setDisplayName('B'.repeat(257))).rejects.toMatchObject({ name: 'RangeError' })
    await bobs.leave()
    await expect(bobs.setDisplayName('Bob')).rejects.toMatchObject({ name: 'NotMemberError' })
  })

  it('is signed for its party and by its member: it is worth nothing in another, nor from another', async () => {
    const [bob, eve] = await Promise.all([generateKeyPair('Ed25519'), generateKeyPair('Ed25519')])
    const [choir, club] = ['aa'.repeat(32), 'bb'.repeat(32)] as const
    const sealed = await sealDisplayName('Bob', choir, 3, bob)
    await expect(openDisplayName(sealed, choir, bob.publicKey.raw)).resolves.toEqual({ name: 'Bob', seq: 3 })
    await expect(openDisplayName(sealed, club, bob.publicKey.raw)).rejects.toMatchObject({ name: 'ProtocolError' })
    await expect(openDisplayName(sealed, choir, eve.publicKey.raw)).rejects.toMatchObject({ name: 'ProtocolError' })
    // the longest fits
    const longest = await sealDisplayName('B'.repeat(256), choir, Number.MAX_SAFE_INTEGER, bob)
    await expect(openDisplayName(longest, choir, bob.publicKey.raw)).resolves.toMatchObject({ name: 'B'.repeat(256) })
  })
})

describe('What a profile has besides', () => {
  it('comes to all members, stays where an app that knows nothing of it starts, and where one field is changed', async () => {
    const datastore = new MemoryDatastore()
    const privateKey = await generateKeyPair('Ed25519')
    const [alice] = await both('Alice') as [TestNode]
    const bob = await network.node({ datastore, privateKey, profile: { displayName: 'Bob', extra: { pronouns: 'he/him' } } })
    const party = await alice.services.parties.create({ name: 'Choir' })
    await join(party, bob)
    const bobAt = () => party.members.find(({ self }) => !self)?.profile
    await vi.waitFor(() => { expect(bobAt()).toEqual({ displayName: 'Bob', extra: { pronouns: 'he/him' } }) })
    await bob.stop()

    const older = await network.node({ datastore, privateKey, profile: { displayName: 'Robert' } })
    await older.services.parties.list()
    expect(older.services.parties.profile).toEqual({ displayName: 'Robert', extra: { pronouns: 'he/him' } })
    await connect(older, alice)
    await vi.waitFor(() => { expect(bobAt()).toEqual({ displayName: 'Robert', extra: { pronouns: 'he/him' } }) })
    await older.services.parties.setProfile({ ...older.services.parties.profile, picture: 'ipfs://bafy' })
    await vi.waitFor(() => { expect(bobAt()).toEqual({ displayName: 'Robert', picture: 'ipfs://bafy', extra: { pronouns: 'he/him' } }) })
    await older.services.parties.setProfile({ displayName: 'Robert' })
    await vi.waitFor(() => { expect(bobAt()).toEqual({ displayName: 'Robert' }) })
  })
})
