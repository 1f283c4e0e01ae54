import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { memory } from '@libp2p/memory'
import { ping } from '@libp2p/ping'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { parties } from '../../src/index.js'
import { cidOf, contentRouting } from '../../src/rendezvous/index.js'
import { FakeClock } from '../../src/testing/index.js'
import { peer } from './stage.js'
import type { Parties } from '../../src/index.js'
import type { ContentRoutingComponents, Rendezvous } from '../../src/rendezvous/index.js'
import type { ContentRouting, Libp2p, PeerInfo } from '@libp2p/interface'

let addresses = 0
const nodes: Libp2p[] = []

afterEach(async () => { await Promise.all(nodes.splice(0).map(async node => node.stop())) })

/** A node of the DHT; in client mode it asks, and answers nobody. */
async function node (clientMode: boolean): Promise<Libp2p<{ parties: Parties, dht: unknown }>> {
  const made = await createLibp2p({
    addresses: { listen: [`/memory/dht-${++addresses}`] },
    transports: [memory()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    connectionManager: { inboundConnectionThreshold: Number.POSITIVE_INFINITY },
    services: {
      identify: identify(),
      ping: ping(),
      dht: kadDHT({ protocol: '/plus-one/test/kad/1.0.0', clientMode, peerInfoMapper: passthroughMapper, initialQuerySelfInterval: 0 }),
      parties: parties({ rendezvous: [contentRouting()] })
    }
  })
  nodes.push(made)

  return made
}

/** A node with this router, and nothing else. */
function components (router: Partial<ContentRouting>, peerId: ContentRoutingComponents['peerId']): ContentRoutingComponents & { move: () => void } {
  const events = new EventTarget()
  let home = 'here'

  return {
    peerId,
    contentRouting: router as ContentRouting,
    peerRouting: { findPeer: async () => { throw new Error('not found') } } as unknown as ContentRoutingComponents['peerRouting'],
    addressManager: { getAddresses: () => [multiaddr(`/memory/${home}`)] } as unknown as ContentRoutingComponents['addressManager'],
    events: events as ContentRoutingComponents['events'],
    move: () => {
      home = 'there'
      events.dispatchEvent(new CustomEvent('self:peer:update'))
    }
  }
}

const all = async (rendezvous: Rendezvous): Promise<PeerInfo[]> => {
  const found: PeerInfo[] = []

  for await (const info of rendezvous.find('maple-orbit')) {
    found.push(info)
  }

  return found
}

describe('A real DHT', () => {
  it('leads Bob to Alice by four words: both are clients of six servers', async () => {
    const servers = await Promise.all(Array.from({ length: 6 }, async () => node(false)))
    const [alice, bob] = await Promise.all([node(true), node(true)])

    for (const [i, server] of servers.entries()) {
      await server.dial((servers[(i + 1) % servers.length] ?? server).getMultiaddrs())
    }

    await Promise.all([alice.dial(servers[0]?.getMultiaddrs() ?? []), bob.dial(servers[3]?.getMultiaddrs() ?? [])])
    const invitation = await (await alice.services.parties.create({ name: 'Book club' })).invite()
    const short = await vi.waitFor(async () => invitation.publish({ signal: AbortSignal.timeout(5_000) }), { timeout: 10_000 })
    const redemption = await vi.waitFor(async () => {
      const trying = bob.services.parties.redeem(short)
      await trying.ready()
      return trying
    }, { timeout: 10_000 })
    await expect(redemption.setPin(invitation.pin)).resolves.toMatchObject({ name: 'Book club' })
  }, 30_000)
})

describe('Content routing', () => {
  it('a nameplate\'s CID is raw, of the SHA-256 of its public name, and of nothing else', () => {
    expect(cidOf('maple-orbit').toString()).toBe('bafkreictus6ub5mzslrbdegu5tvyvzcp4a7jfqgng6iehwffrrgtbnhs7i')
    expect(cidOf('maple-orbit').code).toBe(0x55)
    expect(cidOf('maple-orbit').multihash.code).toBe(0x12)
  })

  it('is published anew before it lapses, and when Alice moves; no more once withdrawn', async () => {
    const clock = new FakeClock()
    const [provide, cancelReprovide] = [vi.fn(async () => {}), vi.fn(async () => {})]
    const alice = components({ provide, cancelReprovide }, await peer())
    const publication = await contentRouting({ clock })(alice).publish('maple-orbit')
    expect(provide).toHaveBeenCalledTimes(1)
    clock.advance(22 * 3_600_000)
    await vi.waitFor(() => { expect(provide).toHaveBeenCalledTimes(2) })
    alice.move()
    await vi.waitFor(() => { expect(provide).toHaveBeenCalledTimes(3) })
    await publication.stop()
    expect(cancelReprovide).toHaveBeenCalledOnce()
    alice.move()
    clock.advance(22 * 3_600_000)
    expect(provide).toHaveBeenCalledTimes(3)
  })

  it('a router that fails later is told, and tried again with patience', async () => {
    const clock = new FakeClock()
    const onError = vi.fn()
    const provide = vi.fn(async () => {})
    await contentRouting({ clock })(components({ provide, cancelReprovide: async () => {} }, await peer())).publish('maple-orbit', { onError })
    provide.mockRejectedValueOnce(new Error('no peers'))
    clock.advance(22 * 3_600_000)
    await vi.waitFor(() => { expect(onError).toHaveBeenCalledOnce() })
    clock.advance(5_000)
    await vi.waitFor(() => { expect(provide).toHaveBeenCalledTimes(3) })
  })

  it('no router, or one that fails at first, is an error that says what to do', async () => {
    const fails = async (): Promise<never> => { throw new Error('No content routers available') }
    const broken = contentRouting()(components({ provide: fails, findProviders: async function * (): AsyncGenerator<never> { await fails() } }, await peer()))
    await expect(broken.publish('maple-orbit')).rejects.toMatchObject({ name: 'RendezvousError' })
    await expect(all(broken)).rejects.toMatchObject({ name: 'RendezvousError' })
  })

  it('a router that lies gives 32 providers at most, each once, and never the node itself', async () => {
    const liars = await Promise.all(Array.from({ length: 40 }, peer))
    const self = await peer()
    const findProviders = async function * () {
      for (const id of [self, ...liars, ...liars]) {
        yield { id, multiaddrs: [], routing: 'lies' }
      }
    }
    const found = await all(contentRouting()(components({ findProviders: findProviders as ContentRouting['findProviders'] }, self)))
    expect(new Set(found.map(({ id }) => id.toString())).size).toBe(32)
    expect(found).toHaveLength(32)
    expect(found.some(({ id }) => id.equals(self))).toBe(false)
  })
})
