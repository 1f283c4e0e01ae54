import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { tcp } from '@libp2p/tcp'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { logOf, startNode, stopNodes, write } from './nodes.js'

afterEach(stopNodes)

describe('Over a relay', () => {
  it('a relay\'s connections of 128 KiB end, and the next one goes on', async () => {
    const relay = await startNode(['/ip4/127.0.0.1/tcp/0'], [tcp()], { relay: circuitRelayServer({ reservations: { defaultDataLimit: 131_072n } }) })
    const alice = await startNode([`${relay.getMultiaddrs()[0]!.toString()}/p2p-circuit`], [tcp(), circuitRelayTransport()])
    const bob = await startNode([], [tcp(), circuitRelayTransport()])
    const logs = [logOf(alice, [alice, bob]), logOf(bob, [alice, bob])] as const
    await write(logs[0], 1000, 'x'.repeat(250))
    await alice.services.sync.add(logs[0])
    await bob.services.sync.add(logs[1])
    const connections = new Set<string>()
    bob.addEventListener('connection:open', ({ detail }) => {
      if (detail.limits != null) {
        connections.add(detail.id)
      }
    })
    await vi.waitFor(() => { expect(alice.getMultiaddrs().length).toBeGreaterThan(0) })
    await bob.dial(alice.getMultiaddrs())
    await vi.waitFor(() => { expect(logs[1].size).toBe(1001) }, { timeout: 20_000, interval: 100 })
    expect(connections.size).toBeGreaterThan(3)
    expect(connections.size).toBeLessThan(10)
  }, 30_000)
})
