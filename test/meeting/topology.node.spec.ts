import { afterEach, describe, expect, it, vi } from 'vitest'
import { keyOf } from '../../src/log/index.js'
import { BEGINNINGS } from '../../src/meeting/constants.js'
import { openerOf, questionOf } from '../../src/meeting/greeting.js'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import { linkDevice } from '../helpers/devices.js'
import { connect, join } from '../helpers/parties.js'
import { club } from '../yjs/stories.js'
import type { Party, PartyTopology } from '../../src/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'
import type { Person } from '../yjs/stories.js'

const NOTES = '/book-club/notes/1.0.0'

let network: Network

afterEach(async () => network.stop())

/** What Alice is told, in its order: `+` and who serves it, `-` and who does not any more. */
async function watch (party: Party, names: Record<string, TestNode>, options: Pick<PartyTopology, 'notifyOnLimitedConnection'> = {}): Promise<{ told: string[], end: () => Promise<void> }> {
  const told: string[] = []
  const nameOf = (peer: unknown): string => Object.entries(names).find(([, { peerId }]) => peerId.equals(peer as never))?.[0] ?? 'somebody'
  const end = await party.topology(NOTES, { ...options, onConnect: (peer) => { told.push(`+${nameOf(peer)}`) }, onDisconnect: (peer) => { told.push(`-${nameOf(peer)}`) } })

  return { told, end }
}

const shows = async (told: string[], ...words: string[]): Promise<void> => { await vi.waitFor(() => { expect(told).toEqual(words) }, 5_000) }

describe('Who serves a protocol', () => {
  it('is told once when they begin, whenever that is, and when they end', async () => {
    network = createNetwork()
    const [alice, bob, carol] = await club(network, 'writer', 'reader') as [Person, Person, Person]
    const names = { bob: bob.node, carol: carol.node }
    await bob.party.handle(NOTES, () => {})
    const { told, end } = await watch(alice.party, names)
    await shows(told, '+bob')
    await carol.party.handle(NOTES, () => {})
    await shows(told, '+bob', '+carol')
    const later = await watch(alice.party, names)
    expect(later.told.sort()).toEqual(['+bob', '+carol'])

    await bob.party.unhandle(NOTES)
    await shows(told, '+bob', '+carol', '-bob')
    await bob.party.handle(NOTES, () => {})
    await shows(told, '+bob', '+carol', '-bob', '+bob')

    await end()
    await carol.party.unhandle(NOTES)
    await vi.waitFor(() => { expect(later.told).toContain('-carol') })
    expect(told.length).toBe(4)
    await later.end()
    await vi.waitFor(() => { expect(bob.node.getConnections().flatMap(({ streams }) => streams).filter(({ protocol }) => protocol.includes('serving'))).toEqual([]) })
  })

  it('is told of this party alone, and of the role that is asked for', async () => {
    network = createNetwork()
    const [alice, bob] = await club(network, 'reader') as [Person, Person]
    const names = { bob: bob.node }
    const choir = await bob.node.services.parties.create({ name: 'Choir' })
    await choir.handle(NOTES, () => {})
    const { told } = await watch(alice.party, names)
    const ofBob = await watch(bob.party, { alice: alice.node })
    await bob.party.handle(NOTES, () => {}, { role: 'writer' })
    await shows(told, '+bob')
    await alice.party.handle(NOTES, () => {}, { role: 'writer' })
    await alice.party.setRole(bob.node.peerId, 'writer')
    await shows(ofBob.told, '+alice')
    await alice.party.setRole(bob.node.peerId, 'reader')
    await shows(ofBob.told, '+alice', '-alice')
    // and then a stream is refused, and one that is open would have ended
    await expect(bob.party.newStream(alice.node.peerId, NOTES)).rejects.toMatchObject({ name: 'RoleTooLowError' })

    await bob.party.forget({ insist: true })
    await shows(told, '+bob', '-bob')
    // its object is done for, and tells no more
    await expect(watch(bob.party, names)).rejects.toMatchObject({ name: 'PartyForgottenError' })
  })

  it('follows who is a member, by any device, and who can be reached', async () => {
    network = createNetwork()
    const [alice, bob] = await club(network, 'writer') as [Person, Person]
    const { told } = await watch(alice.party, { bob: bob.node })
    await bob.party.handle(NOTES, () => {})
    await shows(told, '+bob')

    network.partition([alice.node], [bob.node])
    await shows(told, '+bob', '-bob')
    network.partition()
    await shows(told, '+bob', '-bob', '+bob')

    const phone = await linkDevice(network, bob.party)
    await connect(phone.node, alice.node)
    await phone.party.handle(NOTES, () => {})
    await shows(told, '+bob', '-bob', '+bob', '+somebody')

    await alice.party.remove(bob.node.peerId)
    await vi.waitFor(() => { expect(told.slice(4).sort()).toEqual(['-bob', '-somebody']) })
    const [carol] = [await network.node()]
    const carols = await join(alice.party, carol)
    await carols.handle(NOTES, () => {})
    await vi.waitFor(() => { expect(told.slice(6)).toEqual(['+somebody']) })
  })

  it('goes on after a stop and a start, at both ends, and whatever the app throws', async () => {
    network = createNetwork()
    const [alice, bob] = await club(network, 'writer') as [Person, Person]
    await alice.party.topology(NOTES, { onConnect: () => { throw new Error('the app\'s own') } })
    const { told } = await watch(alice.party, { bob: bob.node })
    await bob.party.handle(NOTES, () => {})
    await shows(told, '+bob')
    await bob.node.stop()
    await shows(told, '+bob', '-bob')
    await bob.node.start()
    await shows(told, '+bob', '-bob', '+bob')
    await alice.node.stop()
    await shows(told, '+bob', '-bob', '+bob', '-bob')
    await alice.node.start()
    await shows(told, '+bob', '-bob', '+bob', '-bob', '+bob')
  })

  it('is told now and then of who begins and ends again and again, and at last as it is', async () => {
    const clock = new FakeClock()
    network = createNetwork({ clock, meet: false })
    const [alice, bob] = await club(network, 'writer') as [Person, Person]
    const { told } = await watch(alice.party, { bob: bob.node })

    for (let at = 0; at < 30; at++) {
      await bob.party.handle(NOTES, () => {})
      await bob.party.unhandle(NOTES)
    }

    const often = Array.from({ length: BEGINNINGS.ofPeer }, () => ['+bob', '-bob']).flat()
    await shows(told, ...often)
    await bob.party.handle(NOTES, () => {})
    // another is not held up by him
    const { told: ofBob } = await watch(bob.party, { alice: alice.node })
    await alice.party.handle(NOTES, () => {})
    await shows(ofBob, '+alice')
    expect(told).toEqual(often)
    clock.advance(BEGINNINGS.window)
    await shows(told, ...often, '+bob')
  })

  it('is asked ever later of who answers and hangs up', async () => {
    const clock = new FakeClock()
    network = createNetwork({ clock, meet: false })
    const [alice, bob] = await club(network, 'writer') as [Person, Person]
    const asked = vi.fn()
    await bob.node.handle('/plus-one/serving/1.0.0', async (stream) => {
      asked()
      stream.send(Uint8Array.of(1, 0))
      await stream.close()
    }, { force: true })
    const { told } = await watch(alice.party, { bob: bob.node })

    // a minute, in which each of her waits is over at once
    for (let at = 0; at < 240; at++) {
      clock.advance(250)
      await new Promise((resolve) => { setTimeout(resolve) })
    }

    expect(asked.mock.calls.length).toBeGreaterThan(3)
    expect(asked.mock.calls.length).toBeLessThan(20)
    expect(told.length).toBeLessThanOrEqual(2 * asked.mock.calls.length)
  })

  it('is told to no stranger, and to who asks for it in another way nothing', async () => {
    network = createNetwork({ meet: false })
    const [alice, bob] = await club(network, 'writer') as [Person, Person]
    await alice.party.handle(NOTES, () => {})
    const eve = await network.node()
    await connect(eve, alice.node)
    const ask = async (node: TestNode, bytes: Uint8Array): Promise<number[]> => {
      const frames = openerOf(await node.dialProtocol(alice.node.peerId, '/plus-one/serving/1.0.0'))
      await frames.write(bytes)

      return [...(await frames.read()).subarray()]
    }
    const [ofEve, ofBob] = [eve, bob.node].map(({ peerId }) => questionOf(alice.party.key, keyOf(peerId), keyOf(alice.node.peerId), NOTES)) as [Uint8Array, Uint8Array]
    expect(await ask(eve, ofEve)).toEqual([1])
    expect(await ask(eve, ofBob)).toEqual([1])
    expect(await ask(bob.node, ofBob)).toEqual([0])
    expect(await ask(bob.node, ofBob.subarray(0, 32))).toEqual([3])
    await expect(ask(bob.node, ofBob.subarray(0, 31))).rejects.toThrow()
    await expect(ask(bob.node, new Uint8Array(300))).rejects.toThrow()
  })
})
