import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PROTOCOLS, protocolsOf } from '../../src/network/protocols.js'
import { createNetwork } from '../../src/testing/index.js'
import { join } from '../helpers/parties.js'
import { createBoard } from '../helpers/rendezvous.js'
import type { Network } from '../../src/testing/index.js'

let network: Network

beforeEach(() => { network = createNetwork() })

afterEach(async () => network.stop())

describe('The protocols of a node', () => {
  it('begin with the prefix that it is given, all of them: one invites, joins, syncs and meets under it', async () => {
    const board = createBoard()
    const init = { protocolPrefix: 'example/notes', rendezvous: [board.rendezvous] }
    const [alice, bob] = await Promise.all([network.node(init), network.node(init)])
    const party = await alice.services.parties.create({ name: 'Book club' })
    const bobs = await join(party, bob)
    const words = await (await party.invite()).publish()
    await expect(bob.services.parties.lookup(words)).resolves.toMatchObject({ isMember: true })
    const [received] = await Promise.all([new Promise(resolve => { bob.services.parties.addEventListener('received', resolve, { once: true }) }), (await alice.services.parties.create({ name: 'Chess' })).invite({ to: bob.peerId })])
    expect(received).toBeDefined()
    await vi.waitFor(() => { expect(bobs.online).toHaveLength(1) })

    for (const node of [alice, bob]) {
      expect(node.getProtocols().filter(id => id.includes('plus-one'))).toEqual([])
      await vi.waitFor(() => { expect(node.getProtocols().filter(id => id.startsWith('/example/notes/')).sort()).toEqual(Object.values(PROTOCOLS).map(id => id.replace('plus-one', 'example/notes')).sort()) })
    }
  })

  it('of another prefix are another network: Bob does not reach her', async () => {
    const [alice, bob] = await Promise.all([network.node(), network.node({ protocolPrefix: 'example', connectTimeout: 500 })])
    const party = await alice.services.parties.create({ name: 'Book club' })
    const { code } = await party.invite()
    await expect(bob.services.parties.lookup(code)).rejects.toMatchObject({ name: 'InviterUnreachableError' })
  })

  it('let as many streams of a connection be open as it says, for all of them or for one', async () => {
    const node = await network.node({ maxInboundStreams: { invite: 3 }, maxOutboundStreams: 5 })
    const options = (name: keyof typeof PROTOCOLS) => (node as unknown as { components: { registrar: { getHandler: (id: string) => { options: object } } } }).components.registrar.getHandler(PROTOCOLS[name]).options
    expect(options('invite')).toMatchObject({ maxInboundStreams: 3, maxOutboundStreams: 5 })
    expect(options('log')).toMatchObject({ maxInboundStreams: 256, maxOutboundStreams: 5 })
    expect(options('direct')).toMatchObject({ maxOutboundStreams: 5 })
  })

  it('are refused where they can be none', () => {
    for (const protocolPrefix of ['', '/', '/plus-one', 'plus-one/', 'plus one', 'a//b']) {
      expect(() => protocolsOf({ protocolPrefix })).toThrow(RangeError)
    }

    expect(() => protocolsOf({ maxInboundStreams: 0 })).toThrow(RangeError)
    expect(() => protocolsOf({ maxOutboundStreams: { log: Number.NaN } })).toThrow(RangeError)
    expect(protocolsOf({})).toMatchObject({ log: { id: '/plus-one/log/2.0.0', limits: {} } })
  })
})
