/** A phone and a laptop are one person, who is called the same by both, and may say it on either. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keyOf, sealProfile } from '../../src/log/terms.js'
import { writeBatch } from '../../src/storage/records.js'
import { createNetwork } from '../../src/testing/index.js'
import { connect, join } from '../helpers/parties.js'
import { wordsOn } from './recover-stories.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Member, Party, Profile } from '../../src/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'

let network: Network

beforeEach(() => { network = createNetwork() })

afterEach(async () => { await network.stop() })

interface Told {
  alice: TestNode
  bob: TestNode
  laptop: TestNode
  /** As Alice has it. */
  choir: Party
  /** As the laptop has it. */
  laptops: Party
}

/** Bob joins Alice's choir with his phone, and has a laptop, which called itself otherwise before. */
async function told (init: { datastore?: MemoryDatastore } = {}): Promise<Told> {
  const [alice, bob, laptop] = await Promise.all([
    network.node({ profile: { displayName: 'Alice' } }),
    network.node({ profile: { displayName: 'Bob' } }),
    network.node({ profile: { displayName: 'MacBook' }, privateKey: await generateKeyPair('Ed25519'), datastore: new MemoryDatastore(), ...init })
  ])
  const choir = await alice.services.parties.create({ name: 'Choir' })
  await join(choir, bob, 'admin')
  // it was somebody before
  await laptop.services.parties.setProfile({ displayName: 'MacBook Pro' })
  await link(bob, laptop)
  const laptops = await partyOn(laptop, choir.key)

  return { alice, bob, laptop, choir, laptops }
}

async function link (by: TestNode, device: TestNode): Promise<void> {
  const { code, pin } = await by.services.parties.person.invite()
  await device.services.parties.redeem(code).setPin(pin)
}

async function partyOn ({ services: { parties } }: TestNode, key: string): Promise<Party> {
  return vi.waitFor(async () => {
    const [party] = (await parties.list()).filter(party => party.key === key)
    expect(party?.role).toBeDefined()

    return party as Party
  })
}

const other = (party: Party): Member | undefined => party.members.find(({ self }) => !self)
const own = (party: Party): Member | undefined => party.members.find(({ self }) => self)

/** Both of Bob's devices, and Alice, see this. */
async function allSee ({ choir, laptops, bob, laptop }: Told, profile: Profile): Promise<void> {
  const bobs = await partyOn(bob, choir.key)
  await vi.waitFor(() => {
    expect([other(choir)?.profile, own(bobs)?.profile, own(laptops)?.profile, bob.services.parties.profile.displayName, laptop.services.parties.profile.displayName])
      .toEqual([profile, profile, profile, expect.any(String), expect.any(String)])
  })
}

describe('Bob has a phone and a laptop', () => {
  it('is called what he was before, on the laptop too, whatever that was called', async () => {
    const story = await told()
    await allSee(story, { displayName: 'Bob' })
    await vi.waitFor(() => { expect(story.laptop.services.parties.profile).toEqual({ displayName: 'Bob' }) })
    // who is invited from there sees it
    const carol = await network.node()
    const { code } = await story.laptops.invite()
    const { inviter } = await carol.services.parties.lookup(code)
    expect(inviter.profile).toEqual({ displayName: 'Bob' })
  })

  it('changes his name on the laptop, then on the phone: each time all see it, who comes later too, also after restarts', async () => {
    const story = await told()
    const { bob, laptop, choir } = story
    await laptop.services.parties.setProfile({ displayName: 'Robert', picture: 'ipfs://bafy' })
    await allSee(story, { displayName: 'Robert', picture: 'ipfs://bafy' })
    await vi.waitFor(() => { expect(bob.services.parties.profile).toEqual({ displayName: 'Robert', picture: 'ipfs://bafy' }) })
    await bob.services.parties.setProfile({ ...bob.services.parties.profile, displayName: 'Bobby' })
    await allSee(story, { displayName: 'Bobby', picture: 'ipfs://bafy' })

    // both start with the name that they began with
    const again = await network.restart(laptop)
    await network.restart(bob)
    expect((await again.services.parties.list()).length).toBe(1)
    expect(again.services.parties.profile.displayName).toBe('Bobby')
    const carol = await network.node()
    const carols = await join(choir, carol)
    await vi.waitFor(() => { expect(carols.members.map(({ profile }) => profile.displayName)).toContain('Bobby') })
  })

  it('is called otherwise in one party, from either', async () => {
    const story = await told()
    await story.laptops.setDisplayName('Bob, bass')
    await allSee(story, { displayName: 'Bob, bass' })
    await (await partyOn(story.bob, story.choir.key)).setDisplayName('Bob, tenor')
    await allSee(story, { displayName: 'Bob, tenor' })
    await story.laptops.setDisplayName('')
    await allSee(story, { displayName: 'Bob' })
  })

  it('changes it on both while they are apart: all agree on one of the two as they meet', async () => {
    const story = await told()
    const { bob, laptop, alice } = story
    await allSee(story, { displayName: 'Bob' })
    network.partition([alice, bob], [laptop])
    await bob.services.parties.setProfile({ displayName: 'Phone' })
    await laptop.services.parties.setProfile({ displayName: 'Laptop' })
    network.partition()
    await connect(bob, laptop)
    await allSee(story, { displayName: 'Phone' })
    // and none is stuck
    await laptop.services.parties.setProfile({ displayName: 'Robert' })
    await allSee(story, { displayName: 'Robert' })
  })

  it('loses the phone, and keeps his name: it is unlinked, and says nothing any more', async () => {
    const story = await told()
    const { alice, bob, laptop, choir, laptops } = story
    await allSee(story, { displayName: 'Bob' })
    const words = await wordsOn(bob)
    const carol = await network.node()
    // where the phone goes at once, they may not have met yet
    await connect(laptop, alice)
    network.partition([alice, laptop, carol], [bob])
    await laptop.services.parties.person.unlink(bob.peerId, { words })
    await vi.waitFor(() => { expect(choir.roleOf(bob.peerId)).toBeUndefined() })
    const carols = await join(choir, carol)
    await vi.waitFor(() => { expect(carols.members.map(({ profile }) => profile.displayName)).toContain('Bob') })
    // the thief does not know yet
    await bob.services.parties.setProfile({ displayName: 'Thief' })
    await (await partyOn(bob, choir.key)).setDisplayName('Thief')
    network.partition()
    await connect(bob, alice)
    await laptop.services.parties.setProfile({ displayName: 'Robert' })
    await vi.waitFor(() => {
      for (const party of [carols, choir, laptops]) {
        expect(party.members.map(({ profile }) => profile.displayName).sort()).toEqual(['Alice', 'Robert', undefined])
      }
    })
  })

  it('loses it to somebody who says something under the highest number that there is: once the phone is unlinked he may change his name', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    const datastore = new MemoryDatastore()
    const thiefs = await network.node({ privateKey, datastore, profile: { displayName: 'Bob' } })
    const choir = await thiefs.services.parties.create({ name: 'Choir' })
    const [laptop, carol] = await Promise.all([network.node(), network.node()])
    await link(thiefs, laptop)
    const laptops = await partyOn(laptop, choir.key)
    const carols = await join(laptops, carol)
    const words = await wordsOn(thiefs)
    const recovery = (laptops as LocalParty).log.member((laptops as LocalParty).log.self)?.recovery
    await thiefs.stop()
    const sealed = await sealProfile({ displayName: 'Thief' }, Number.MAX_SAFE_INTEGER, privateKey, [], recovery)
    await writeBatch(datastore, (batch) => { batch.put(new Key(`/plus-one/profile/${keyOf(privateKey)}`), sealed) })
    await connect(await network.restart(thiefs), laptop)
    await vi.waitFor(() => { expect([own(laptops)?.profile, other(carols)?.profile]).toEqual([{ displayName: 'Thief' }, { displayName: 'Thief' }]) })

    await laptop.services.parties.person.unlink(thiefs.peerId, { words })
    await laptop.services.parties.setProfile({ displayName: 'Bob' })
    await vi.waitFor(() => { expect([own(laptops)?.profile, other(carols)?.profile]).toEqual([{ displayName: 'Bob' }, { displayName: 'Bob' }]) })
  })
})
