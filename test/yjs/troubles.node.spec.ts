import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { parties } from 'plus-one'
import { describe, expect, it, vi } from 'vitest'
import * as Y from 'yjs'
import { connect, join } from '../helpers/parties.js'
import { club, createNetwork, show, useNotes } from './stories.js'
import type { Libp2p } from '@libp2p/interface'
import type { TestNode } from '../../src/testing/index.js'
import type { Notes, Person } from './stories.js'

const story = useNotes()
const { open } = story

describe('A document in trouble', () => {
  it('that is closed, or whose connection ends, while much is on its way takes nothing more, and the next one gets all', async () => {
    const network = story.network = createNetwork({ latency: 5 })
    const [alice, bob] = await club(network, 'writer') as [Person, Person]
    const ofAlice = open(alice)
    ofAlice.write('x'.repeat(3_000_000))
    const ofBob = open(bob)
    const [taken, isOnItsWay] = [vi.fn(), () => bob.node.getConnections().flatMap(({ streams }) => streams).some(({ protocol, direction }) => protocol.includes('yjs') && direction === 'outbound')]
    ofBob.doc.on('update', taken)
    await vi.waitFor(() => { expect(isOnItsWay()).toBe(true) }, { interval: 1 })
    ofBob.provider.destroy()
    await vi.waitFor(() => { expect(isOnItsWay()).toBe(false) })
    const again = open(bob)
    await vi.waitFor(() => { expect(isOnItsWay()).toBe(true) }, { interval: 1 })
    network.partition([alice.node], [bob.node])
    await vi.waitFor(() => { expect([bob.party.peers, String(again)]).toEqual([[], '']) })
    network.partition()
    await vi.waitFor(() => { expect(String(again).length).toBe(3_000_000) }, 20_000)
    expect([taken.mock.calls.length, String(ofBob).length, ofAlice.errors, ofBob.errors]).toEqual([0, 0, [], []])
  })

  it('of a party that is forgotten stays, and says so by name', async () => {
    const network = story.network = createNetwork()
    const [alice, bob] = await club(network, 'writer') as [Person, Person]
    const [ofAlice, ofBob] = [open(alice), open(bob)]
    ofAlice.write('Emma')
    await show('Emma', ofBob)
    await bob.party.forget({ insist: true })
    await vi.waitFor(() => { expect(ofBob.errors.map(({ name }) => name)).toEqual(['PartyForgottenError']) })
    ofBob.write('!')
    // which is the app's alone now
    expect([String(ofBob), ofBob.provider.synced, ofBob.provider.canWrite]).toEqual(['Emma!', false, false])
    ofAlice.write(' and Persuasion')
    expect(() => open(bob)).not.toThrow()
    await vi.waitFor(() => { expect(story.all.at(-1)?.errors[0]?.name).toBe('PartyForgottenError') })
    expect(ofBob.errors.length).toBe(1)
  })

  it('of who is a writer again before it met one has what it wrote, and all get that', async () => {
    const network = story.network = createNetwork({ meet: false })
    const [alice, carol, dave] = await club(network, 'writer', 'reader') as [Person, Person, Person]
    await connect(carol.node, dave.node)
    const [ofAlice, ofCarol, ofDave] = [open(alice), open(carol), open(dave)]
    ofAlice.write('Emma ')
    await show('Emma ', ofAlice, ofCarol, ofDave)
    await carol.node.hangUp(alice.node.peerId)
    await vi.waitFor(() => { expect(carol.party.peers.map(String)).toEqual([String(dave.node.peerId)]) })
    // nobody takes that yet but Dave, who passes nothing on
    ofCarol.write('Clueless ')
    await alice.party.setRole(carol.node.peerId, 'reader')
    await vi.waitFor(() => { expect(ofCarol.provider.canWrite).toBe(false) }, 20_000)
    expect(String(ofCarol)).toBe('Emma Clueless ')
    ofCarol.write('Pride ')
    expect([String(ofCarol), ofCarol.refused.length]).toEqual(['Emma Clueless ', 1])
    await alice.party.setRole(carol.node.peerId, 'writer')
    await vi.waitFor(() => { expect(ofCarol.provider.canWrite).toBe(true) }, 20_000)
    await connect(carol.node, alice.node)
    await show('Emma Clueless ', ofAlice, ofCarol, ofDave)
    ofCarol.write('Lady ')
    await show('Emma Clueless Lady ', ofAlice, ofCarol, ofDave)
  })

  it('does not mind what members say who speak another protocol', async () => {
    const network = story.network = createNetwork()
    const [alice, bob, carol] = await club(network, 'writer', 'writer') as [Person, Person, Person]
    const ofAlice = open(alice)
    const { messagesOf } = await import('../../src/documents/messages.js')
    const say = async (...messages: Uint8Array[]): Promise<void> => {
      await messagesOf(await bob.party.newStream(alice.node.peerId, '/plus-one/yjs/1.0.0')).send(messages)
    }
    await vi.waitFor(async () => bob.party.newStream(alice.node.peerId, '/plus-one/yjs/1.0.0').then(stream => { stream.send(Uint8Array.of(3, 9, 9, 9)) }))
    const name = new TextEncoder().encode('default')
    const words = [[], [name, Uint8Array.of(255, 255, 255, 255)], [name, new Uint8Array(200_000)], [new Uint8Array(5)], [name, name, name], Array.from({ length: 300 }, () => new Uint8Array(1))]
    await Promise.allSettled(words.map(async messages => say(...messages)))
    // and he waits for many that nobody has
    await Promise.allSettled(Array.from({ length: 40 }, async (_, at) => say(new TextEncoder().encode(`no ${at}`), new Uint8Array())))
    const ofCarol = open(carol)
    ofCarol.write('Emma')
    await show('Emma', ofAlice)
    expect(ofAlice.errors).toEqual([])
  })

  it('is followed by newcomers, and its writers by all, whatever a reader says of who is there', async () => {
    const network = story.network = createNetwork()
    const [alice, bob, carol, eve] = await club(network, 'writer', 'writer', 'reader') as [Person, Person, Person, Person]
    const { messagesOf } = await import('../../src/documents/messages.js')
    const [ofAlice, ofBob] = [open(alice), open(bob)]
    const [bobs, deep] = [ofBob.provider.awareness, '['.repeat(60_000) + ']'.repeat(60_000)]
    const told = [
      // nobody could write it again, for who comes later
      presence([[1_000_000, 1, deep]]),
      // Bob would have no number above it to say anything under
      presence([[bobs.clientID, Number.MAX_SAFE_INTEGER, '{"name":"Eve"}']]),
      // none of them is ever forgotten
      ...Array.from({ length: 8 }, (_, turn) => presence(Array.from({ length: 12_000 }, (_, at) => [1 + turn * 12_000 + at, 1, 'null']))),
      presence(Array.from({ length: 12_000 }, (_, at) => [1 + at, 1, '0']))
    ]
    const heard = new Map<string, number>()
    await eve.party.handle('/plus-one/yjs/1.0.0', async (stream, { remotePeer }) => {
      const messages = messagesOf(stream)
      await messages.receive(() => 1_000)

      for (let nth = heard.get(remotePeer.toString()) ?? 0; nth < told.length; nth++) {
        heard.set(remotePeer.toString(), nth + 1)
        await messages.send([told[nth] ?? new Uint8Array()])
      }

      await messages.receive(() => 1_000)
    })
    await vi.waitFor(() => { expect([...heard.values()]).toEqual([told.length, told.length]) }, 20_000)
    bobs.setLocalState({ name: 'Robert' })
    bobs.setLocalState({ name: 'Bob' })
    const ofCarol = open(carol)
    ofBob.write('Emma')
    await show('Emma', ofAlice, ofCarol)
    await vi.waitFor(() => { expect([ofAlice, ofCarol].map(({ provider }) => provider.awareness.getStates().get(bobs.clientID))).toEqual([{ name: 'Bob' }, { name: 'Bob' }]) })
    expect(ofAlice.provider.awareness.meta.size).toBeLessThan(20_000)
    expect(new Set(ofAlice.errors.map(({ name }) => name))).toEqual(new Set(['ProtocolError']))
  })

  it('that is larger than a relay\'s connection lasts is told of by name, and comes over a direct one', async () => {
    story.network = createNetwork()
    const nodes: Libp2p[] = []
    // where the relay alone can be dialled: its port
    let only = ''
    const start = async (listen: string[], services: object, ...more: unknown[]): Promise<TestNode> => {
      const node = await createLibp2p({
        addresses: { listen },
        transports: [tcp(), ...more] as unknown as [],
        connectionEncrypters: [noise()],
        streamMuxers: [yamux()],
        connectionGater: { denyDialMultiaddr: address => !address.toString().includes(only) },
        // libp2p counts those that come over a relay as its host's, and takes five a second of one
        connectionManager: { inboundConnectionThreshold: Number.POSITIVE_INFINITY },
        services: { identify: identify(), ...services }
      }) as unknown as TestNode
      nodes.push(node)

      return node
    }

    const relay = await start(['/ip4/127.0.0.1/tcp/0'], { relay: circuitRelayServer({ reservations: { defaultDataLimit: 131_072n } }) })
    const services = (): object => ({ parties: parties({ meet: false }) })
    const alice = await start([`${relay.getMultiaddrs()[0]!.toString()}/p2p-circuit`, '/ip4/127.0.0.1/tcp/0'], services(), circuitRelayTransport())
    const bob = await start([], services(), circuitRelayTransport())
    const overRelay = alice.getMultiaddrs().filter(address => address.toString().includes('p2p-circuit'))
    const direct = alice.getMultiaddrs().filter(address => !address.toString().includes('p2p-circuit'))
    await bob.dial(direct)
    const party = await alice.services.parties.create({ name: 'Book club' })
    const bobs = await join(party, bob)
    await bob.hangUp(alice.peerId)
    only = /\/tcp\/\d+/.exec(overRelay.join())?.[0] ?? ''

    const [ofAlice, ofBob] = [open({ node: alice, party }), open({ node: bob, party: bobs })]
    ofAlice.write('x'.repeat(10_000_000))
    const list = [open({ node: alice, party }, { name: 'list' }), open({ node: bob, party: bobs }, { name: 'list' })] as [Notes, Notes]
    list[0].write('Emma')
    await vi.waitFor(async () => {
      if (bob.getConnections(alice.peerId).length === 0) await bob.dial(overRelay)
      expect(ofBob.errors.map(({ name }) => name)).toEqual(['LimitedConnectionError'])
    }, { timeout: 20_000 })
    expect([String(ofBob), ofAlice.errors, list[1].errors]).toEqual(['', [], []])
    if (bob.getConnections(alice.peerId).length === 0) await bob.dial(overRelay)
    await show('Emma', list[1])

    only = ''
    await bob.hangUp(alice.peerId)
    await bob.dial(direct)
    await vi.waitFor(() => { expect(String(ofBob).length).toBe(10_000_000) }, 20_000)
    expect(Y.equalSnapshots(ofAlice.snapshot, ofBob.snapshot)).toBe(true)
    story.all.splice(0).forEach(({ provider }) => { provider.destroy() })
    await Promise.all(nodes.map(async node => node.stop()))
  })
})

/** An update of y-protocols' awareness, as a member's provider says it. */
function presence (states: Array<[client: number, clock: number, json: string]>): Uint8Array {
  const number = (value: number): number[] => value < 128 ? [value] : [128 | value % 128, ...number(Math.floor(value / 128))]
  const entries = states.flatMap(([client, clock, json]) => [...number(client), ...number(clock), ...number(json.length), ...new TextEncoder().encode(json)])

  return Uint8Array.from([1, ...number(states.length), ...entries])
}
