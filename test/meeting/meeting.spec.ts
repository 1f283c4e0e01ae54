import { afterEach, describe, expect, it, vi } from 'vitest'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import { Dials } from '../../src/meeting/links/dials.js'
import { rolesOf } from '../helpers/parties.js'
import type { Party } from '../../src/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Network, TestNode } from '../../src/testing/index.js'

let network: Network

const DAY = 86_400_000

afterEach(async () => {
  vi.restoreAllMocks()
  await network.stop()
})

/** Nodes of one party, each invited by the first. */
async function club (count: number): Promise<{ nodes: TestNode[], parties: Party[] }> {
  const nodes = await Promise.all(Array.from({ length: count }, async () => network.node()))
  const [alice, ...others] = nodes as [TestNode, ...TestNode[]]
  const parties = [await alice.services.parties.create({ name: 'Book club' })]

  for (const node of others) {
    const { code, pin } = await parties[0]!.invite({ role: 'admin' })
    parties.push(await node.services.parties.redeem(code).setPin(pin))
  }

  await vi.waitFor(() => { expect(parties.map(party => party.members.length)).toEqual(parties.map(() => count)) })

  return { nodes, parties }
}

const onlineOf = (party: Party): string[] => party.online.map(({ peerId }) => peerId.toString()).sort()
const namesOf = (nodes: TestNode[]): string[] => nodes.map(({ peerId }) => peerId.toString()).sort()

describe('Members', () => {
  it('who were never introduced meet: all that they need is told by the one who invited them', async () => {
    network = createNetwork()
    const { nodes: [alice, bob, carol], parties } = await club(3) as { nodes: [TestNode, TestNode, TestNode], parties: Party[] }
    await vi.waitFor(() => { expect(onlineOf(parties[1]!)).toEqual(namesOf([alice, carol])) })
    await vi.waitFor(() => { expect(onlineOf(parties[2]!)).toEqual(namesOf([alice, bob])) })
    expect(parties[0]!.members.map(({ online }) => online)).toEqual([true, true, true])
  })

  it('find each other again when all restart, and are in sync', async () => {
    network = createNetwork()
    const { nodes, parties } = await club(3)
    await vi.waitFor(() => { expect(parties.map(party => party.online.length)).toEqual([2, 2, 2]) })
    await Promise.all(nodes.map(async node => node.stop()))
    const restarted = await Promise.all(nodes.map(async node => network.restart(node)))
    const again = await Promise.all(restarted.map(async ({ services }) => (await services.parties.list())[0]!))
    await vi.waitFor(() => { expect(again.map(party => party.online.length)).toEqual([2, 2, 2]) })
    await again[0]!.setRole(restarted[2]!.peerId, 'writer')
    await vi.waitFor(() => { again.forEach(party => { expect(rolesOf(party)[restarted[2]!.peerId.toString()]).toBe('writer') }) })
    expect(new Set(again.map(party => (party as LocalParty).log.stateHash())).size).toBe(1)
  })

  it('are told of as they come and go', async () => {
    network = createNetwork()
    const { nodes: [alice, bob], parties } = await club(2) as { nodes: [TestNode, TestNode], parties: Party[] }
    const told: string[] = []
    alice.services.parties.addEventListener('member:online', ({ detail: { member, party } }) => { told.push(`${member.peerId.toString()} online ${member.online} in ${party.name}`) })
    alice.services.parties.addEventListener('member:offline', ({ detail: { member } }) => { told.push(`${member.peerId.toString()} offline ${member.online}`) })
    const bobsName = bob.peerId.toString()
    await bob.stop()
    await vi.waitFor(() => { expect(told).toEqual([`${bobsName} offline false`]) })
    expect(parties[0]!.online).toEqual([])
    await network.restart(bob)
    await vi.waitFor(() => { expect(told).toEqual([`${bobsName} offline false`, `${bobsName} online true in Book club`]) })
    expect(parties[0]!.getSnapshot().online).toBe(parties[0]!.online)
  })

  it('are waited for', async () => {
    network = createNetwork()
    const { nodes: [alice, bob], parties } = await club(2) as { nodes: [TestNode, TestNode], parties: Party[] }
    await bob.stop()
    await vi.waitFor(() => { expect(parties[0]!.online).toEqual([]) })
    const waiting = parties[0]!.connected(bob.peerId)
    await expect(parties[0]!.connected(bob.peerId, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
    await network.restart(bob)
    await waiting
    expect(alice.getConnections(bob.peerId).length).toBeGreaterThan(0)
    const eve = await network.node()
    await expect(parties[0]!.connected(eve.peerId)).rejects.toMatchObject({ name: 'NotMemberError' })
  })

  it('are dialled as soon as ever where the clock was a year ahead, and is set right', async () => {
    const dial = vi.spyOn(Dials.prototype, 'dial')
    const clock = new FakeClock()
    network = createNetwork()
    const alice = await network.node({ clock })
    const bob = await network.node()
    const party = await alice.services.parties.create({ name: 'Book club' })
    const { code, pin } = await party.invite()
    await bob.services.parties.redeem(code).setPin(pin)
    clock.jump(365 * DAY)
    await bob.stop()
    dial.mockClear()
    // she has tried, and waits
    await vi.waitFor(() => {
      clock.advance(1_000)
      expect(dial.mock.settledResults.filter(({ type }) => type === 'rejected').length).toBeGreaterThan(2)
    })
    clock.jump(-365 * DAY)
    const again = await network.restart(bob, { meet: false })
    await vi.waitFor(() => {
      clock.advance(60_000)
      expect(alice.getConnections(again.peerId)).not.toEqual([])
    })
  })
})
