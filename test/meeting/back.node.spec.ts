import { generateKeyPair } from '@libp2p/crypto/keys'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { MemoryDatastore } from 'datastore-core'
import { createLibp2p } from 'libp2p'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { parties } from '../../src/index.js'
import { MEET_PROTOCOL, NEWCOMERS_DELAY } from '../../src/meeting/links/constants.js'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import type { Party } from '../../src/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import type { TransportManager } from '@libp2p/interface-internal'

const ends: Array<() => unknown> = []

afterEach(async () => { await Promise.all(ends.splice(0).map(async end => end())) })

/** Alice's party, of which Bob is a member. */
async function meet (alice: TestNode, bob: TestNode): Promise<[Party, Party]> {
  const party = await alice.services.parties.create({ name: 'Book club' })
  const { code, pin } = await party.invite({ role: 'admin' })
  const bobs = await bob.services.parties.redeem(code).setPin(pin)
  await vi.waitFor(() => { expect([party, bobs].map(({ members }) => members.length)).toEqual([2, 2]) })

  return [party, bobs]
}

function networkAt (clock: FakeClock): Network {
  const network = createNetwork({ clock })
  ends.push(async () => network.stop())

  return network
}

async function untilOnline (count: number, ...parties: Party[]): Promise<void> {
  await vi.waitFor(() => { expect(parties.map(({ online }) => online.length)).toEqual(parties.map(() => count)) }, { timeout: 20_000 })
}

describe('Members meet again', () => {
  it('within seconds when the relay between them is back, though they had not been for hours', async () => {
    const clock = new FakeClock()
    const [privateKey, basics] = [await generateKeyPair('Ed25519'), { connectionEncrypters: [noise()], streamMuxers: [yamux()], connectionGater: { denyDialMultiaddr: () => false } }]
    const startRelay = async (port: string, privateKey: PrivateKey): Promise<Libp2p> => {
      const relay = await createLibp2p({ ...basics, privateKey, addresses: { listen: [`/ip4/127.0.0.1/tcp/${port}`] }, transports: [tcp()], services: { identify: identify(), relay: circuitRelayServer() } })
      ends.push(async () => relay.stop())

      return relay
    }
    const relay = await startRelay('0', privateKey)
    const [address] = relay.getMultiaddrs()
    const startMember = async (): Promise<TestNode> => {
      const node: TestNode = await createLibp2p({ ...basics, addresses: { listen: ['/p2p-circuit'] }, transports: [tcp(), circuitRelayTransport()], services: { identify: identify(), parties: parties({ clock }) } })
      ends.push(async () => node.stop())
      await node.dial(address!)
      await vi.waitFor(() => { expect(node.getMultiaddrs().length).toBeGreaterThan(0) })

      return node
    }
    const [alice, bob] = [await startMember(), await startMember()]
    const [party, bobs] = await meet(alice, bob)
    await untilOnline(1, party, bobs)
    await relay.stop()
    await untilOnline(0, party, bobs)

    for (let hour = 0; hour < 6; hour++) {
      clock.advance(1_200_000)
      await new Promise(resolve => setTimeout(resolve, 5))
    }

    await startRelay(address!.getComponents().find(({ name }) => name === 'tcp')?.value ?? '', privateKey)
    // the app's own part: which relay it is
    await Promise.all([alice, bob].map(async node => node.dial(address!)))
    const back = clock.now()
    // the first try may come before the other one has its place at the relay
    await vi.waitFor(() => {
      clock.advance(100)
      expect([party, bobs].map(({ online }) => online.length)).toEqual([1, 1])
    }, { timeout: 20_000 })
    expect(clock.now() - back).toBeLessThan(60_000)
  })

  it('at once when this node\'s network is another one', async () => {
    const clock = new FakeClock()
    const network = networkAt(clock)
    const [alice, bob] = [await network.node(), await network.node()]
    const [party, bobs] = await meet(alice, bob)
    network.partition([alice], [bob])
    await untilOnline(0, party, bobs)

    for (let minute = 0; minute < 40; minute++) {
      clock.advance(60_000)
      await vi.waitFor(() => { expect([...alice.getDialQueue(), ...bob.getDialQueue()]).toEqual([]) })
    }

    network.partition()
    const { transportManager } = (alice as unknown as { components: { transportManager: TransportManager } }).components
    await transportManager.listen([multiaddr('/memory/elsewhere')])
    await untilOnline(1, party, bobs)
  })

  it('by the tab that has the party open; when it closes, by the other', async () => {
    const network = networkAt(new FakeClock())
    const [store, privateKey] = [new MemoryDatastore(), await generateKeyPair('Ed25519')]
    const [alice, first] = [await network.node(), await network.node({ datastore: store, privateKey })]
    const [party, bobs] = await meet(alice, first)
    await untilOnline(1, party, bobs)
    const second = await network.node({ datastore: store, privateKey })
    await expect(second.services.parties.list()).rejects.toMatchObject({ name: 'StorageError' })
    expect(second.getConnections(alice.peerId)).toEqual([])
    await first.stop()
    const again = await vi.waitFor(async () => (await second.services.parties.list())[0]!)
    await untilOnline(1, party, again)
    expect(second.getConnections(alice.peerId).length).toBeGreaterThan(0)
  })

  it('on a new device as soon as it is in: the one that linked it may go then', async () => {
    const clock = new FakeClock()
    const network = networkAt(clock)
    const [alice, phone, laptop] = [await network.node(), await network.node(), await network.node()]
    const [party, bobs] = await meet(alice, phone)
    await untilOnline(1, party, bobs)
    const { code, pin } = await phone.services.parties.person.invite()
    await laptop.services.parties.redeem(code).setPin(pin)
    const again = await vi.waitFor(async () => {
      clock.advance(10)
      const [again] = await laptop.services.parties.list()
      expect(again).toBeDefined()

      return again!
    })
    const begun = clock.now()
    await vi.waitFor(() => {
      // less than goes by meanwhile, on a busy machine, too
      clock.advance(1)
      expect(laptop.getConnections(alice.peerId)).not.toEqual([])
    })
    expect(clock.now() - begun).toBeLessThan(NEWCOMERS_DELAY)
    await phone.stop()
    await vi.waitFor(() => {
      // Alice may not have heard of the laptop as the phone goes: then it is asked again, a while later
      clock.advance(10)
      expect(again.online.length).toBe(1)
      expect(party.online.map(({ peerId }) => peerId.toString())).toEqual([again.members.find(({ self }) => self)!.peerId.toString()])
    })
  })

  it('but not with who is removed while they dial', async () => {
    const clock = new FakeClock()
    const network = networkAt(clock)
    const [alice, bob] = [await network.node(), await network.node()]
    const [party, bobs] = await meet(alice, bob)
    await untilOnline(1, party, bobs)
    network.partition([alice], [bob])
    await untilOnline(0, party, bobs)
    const { promise: removed, resolve } = Promise.withResolvers<undefined>()
    const asking = Promise.withResolvers<void>()
    network.meddle(({ protocol }) => {
      if (protocol !== MEET_PROTOCOL) {
        return undefined
      }

      asking.resolve()

      return removed
    })
    network.partition()
    clock.advance(1_000)
    await asking.promise
    await party.remove(bob.peerId)
    resolve(undefined)
    await vi.waitFor(() => { expect(bobs.role).toBeUndefined() })
    await vi.waitFor(() => {
      // what meeting opened ends when nothing needs it
      clock.advance(10_000)
      expect(alice.getConnections(bob.peerId)).toEqual([])
    })
    expect(party.online).toEqual([])
  })
})
