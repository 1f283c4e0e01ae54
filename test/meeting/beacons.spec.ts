import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { beaconOf } from '../../src/meeting/links/beacons.js'
import { rendezvousPoints } from '../../src/rendezvous/index.js'
import { createNetwork } from '../../src/testing/index.js'
import { point, stopAll } from '../helpers/rendezvous-nodes.js'
import type { Network, TestNode } from '../../src/testing/index.js'

let network: Network

afterEach(async () => {
  await network.stop()
  await stopAll()
})

describe('At a rendezvous', () => {
  it('a party has a name that says nothing of it, and that only its members can compute', () => {
    network = createNetwork()
    const [name, other] = [beaconOf('00'.repeat(32)), beaconOf('00'.repeat(31) + '01')]
    expect(name).toMatch(/^plus-one\/party\/1\/[a-z2-7]{26}$/)
    expect(name).toBe('plus-one/party/1/743cwakrijq6wgnhwzjo2dui5i')
    expect(other).not.toBe(name)
  })

  it('members find each other who all have other addresses than before', async () => {
    network = createNetwork()
    const meetingPoint = await point()
    const people = await Promise.all(['Alice', 'Bob'].map(async () => ({ datastore: new MemoryDatastore(), privateKey: await generateKeyPair('Ed25519') })))
    // the app's own part: which point it is
    const start = async (): Promise<TestNode[]> => Promise.all(people.map(async (person) => {
      const node = await network.node({ ...person, rendezvous: [rendezvousPoints()] })
      await node.dial(meetingPoint.getMultiaddrs())

      return node
    }))
    const [alice, bob] = await start() as [TestNode, TestNode]
    const party = await alice.services.parties.create({ name: 'Book club' })
    const { code, pin } = await party.invite()
    await bob.services.parties.redeem(code).setPin(pin)
    await vi.waitFor(() => { expect(meetingPoint.services.server.size).toBe(2) })
    await Promise.all([alice.stop(), bob.stop()])

    const again = await start()
    const parties = await Promise.all(again.map(async node => node.services.parties.open(party.key)))
    await vi.waitFor(() => { expect(parties.map(({ online }) => online.length)).toEqual([1, 1]) })
  })
})
