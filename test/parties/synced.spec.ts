import { MemoryDatastore } from 'datastore-core'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import { connect, rolesOf, story } from '../helpers/parties.js'
import type { Party, Role } from '../../src/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { TestNode } from '../../src/testing/index.js'
import type { Story } from '../helpers/parties.js'

let told: Story

afterEach(async () => told.network.stop())

async function join (party: Party, node: TestNode, role?: Role): Promise<LocalParty> {
  const { code, pin } = await party.invite({ role })

  return await node.services.parties.redeem(code).setPin(pin) as LocalParty
}

/** With whom this party last agreed. */
function agreed (party: Party): string | undefined {
  return party.synced?.peer.toString()
}

describe('What a party says of being synced', () => {
  it('nothing, where Alice is alone; with whom, and when, since Bob is there', async () => {
    const clock = new FakeClock()
    told = await story({ clock })
    const { alice, bob, party } = told
    expect(party.synced).toBeUndefined()
    const seen = vi.fn()
    party.subscribe(() => { seen(party.getSnapshot().synced) })
    const bobs = await join(party, bob)
    await vi.waitFor(() => {
      expect(agreed(party)).toBe(bob.peerId.toString())
      expect(agreed(bobs)).toBe(alice.peerId.toString())
    })
    expect(party.synced?.at).toBe(clock.now())
    expect(seen).toHaveBeenLastCalledWith(party.synced)
  })

  it('it is as old as the last news; nobody moves it on by going', async () => {
    const clock = new FakeClock()
    told = await story({ clock })
    const { alice, bob, party } = told
    const bobs = await join(party, bob, 'admin')
    await vi.waitFor(() => { expect(agreed(party)).toBeDefined() })
    const before = clock.now()
    clock.advance(60_000)
    expect(party.synced?.at).toBe(before)
    await bobs.invite()
    await vi.waitFor(() => { expect(party.synced?.at).toBe(clock.now()) })
    const { at } = party.synced!
    clock.advance(60_000)
    await bob.hangUp(alice.peerId)
    await bobs.invite()
    expect(party.synced?.at).toBe(at)
  })

  it('nothing before the past of one\'s own admission is here, whatever else is', async () => {
    told = await story()
    const { bob, party } = told
    await Promise.all(Array.from({ length: 60 }, async () => party.invite({ role: 'reader', uses: 3 })))
    const seen: boolean[] = []
    bob.services.parties.addEventListener('party', ({ detail }) => {
      detail.subscribe(() => { seen.push(detail.synced == null || (detail as LocalParty).log.size === (party as LocalParty).log.size) })
    })
    const bobs = await join(party, bob)
    expect(bobs.synced).toBeUndefined()
    await vi.waitFor(() => { expect(bobs.synced).toBeDefined() })
    expect(new Set(seen)).toEqual(new Set([true]))
  })

  it('nothing to who is refused', async () => {
    told = await story()
    const { alice, bob, party } = told
    const bobs = await join(party, bob)
    await vi.waitFor(() => { expect(agreed(bobs)).toBeDefined() })
    await bob.stop()
    await party.remove(bob.peerId)
    await bob.start()
    expect(bobs.synced).toBeUndefined()
    await connect(bob, alice)
    await vi.waitFor(() => { expect(bobs.role).toBeUndefined() })
    expect(bobs.synced).toBeUndefined()
  })

  it('three nodes that were restarted say nothing until they meet', async () => {
    const network = createNetwork({ meet: false })
    const disks = await Promise.all([1, 2, 3].map(async () => ({ datastore: new MemoryDatastore(), privateKey: await generateKeyPair('Ed25519') })))
    const boot = async (): Promise<[TestNode, TestNode, TestNode]> => await Promise.all(disks.map(async disk => network.node(disk))) as [TestNode, TestNode, TestNode]
    const first = await boot()
    const party = await first[0].services.parties.create({ name: 'Book club' })
    told = { network, alice: first[0], bob: first[1], party }
    for (const node of first.slice(1)) {
      const joined = await join(party, node)
      await vi.waitFor(() => { expect(rolesOf(joined)).toEqual(rolesOf(party)) })
    }
    await Promise.all(first.map(async node => node.stop()))

    const [alice, bob, carol] = await boot()
    const [alices, bobs, carols] = await Promise.all([alice, bob, carol].map(async ({ services }) => services.parties.open(party.key))) as [Party, Party, Party]
    expect([alices, bobs, carols].map(({ synced }) => synced)).toEqual([undefined, undefined, undefined])
    await connect(bob, alice)
    await vi.waitFor(() => { expect([agreed(alices), agreed(bobs)]).toEqual([bob.peerId.toString(), alice.peerId.toString()]) })
    expect(carols.getSnapshot().synced).toBeUndefined()
  })
})
