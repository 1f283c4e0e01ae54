import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { FakeClock } from '../../src/testing/index.js'
import { client, point, stopAll } from '../helpers/rendezvous-nodes.js'
import type { Client, Point } from '../helpers/rendezvous-nodes.js'
import type { PeerInfo } from '@libp2p/interface'

afterEach(stopAll)

const NAMEPLATE = 'maple-orbit'
const HOUR = 3_600_000

async function found (by: Client): Promise<PeerInfo[]> {
  const peers: PeerInfo[] = []

  for await (const peer of by.services.points.find(NAMEPLATE)) {
    peers.push(peer)
  }

  return peers
}

const ids = async (by: Client): Promise<string[]> => (await found(by)).map(({ id }) => id.toString())

/** Connects and waits until the client knows what the point speaks. */
async function joined (client: Client, point: Point): Promise<void> {
  const identified = new Promise(resolve => client.addEventListener('peer:identify', resolve, { once: true }))
  await client.dial(point.getMultiaddrs())
  await identified
}

describe('Rendezvous points', () => {
  it('that are connected are used: Alice publishes, Bob finds, she withdraws', async () => {
    const [server, alice, bob] = [await point(), await client(), await client()]
    await Promise.all([joined(alice, server), joined(bob, server)])
    const publication = await alice.services.points.publish(NAMEPLATE)
    const [peer] = await found(bob)
    expect(peer?.id.equals(alice.peerId)).toBe(true)
    await bob.dial(peer?.multiaddrs ?? [])
    await publication.stop()
    await vi.waitFor(async () => { expect(await ids(bob)).toEqual([]) })
  })

  it('that are named need no connection before', async () => {
    const server = await point()
    const points = server.getMultiaddrs().map(String)
    const [alice, bob] = [await client({ points }), await client({ points })]
    await alice.services.points.publish(NAMEPLATE)
    expect(await ids(bob)).toEqual([alice.peerId.toString()])
  })

  it('several: each peer once; one that is gone is no harm', async () => {
    const [one, two] = [await point(), await point()]
    const points = [...one.getMultiaddrs(), ...two.getMultiaddrs(), multiaddr(`/memory/gone/p2p/${(await client()).peerId.toString()}`)]
    const [alice, bob] = [await client({ points }), await client({ points })]
    await alice.services.points.publish(NAMEPLATE)
    await vi.waitFor(() => { expect([one.services.server.size, two.services.server.size]).toEqual([1, 1]) })
    expect(await ids(bob)).toEqual([alice.peerId.toString()])
  })

  it('none, or none that answers, is an error that says what to do', async () => {
    const alice = await client()
    await expect(alice.services.points.publish(NAMEPLATE)).rejects.toMatchObject({ name: 'RendezvousError', message: expect.stringContaining('connect to a relay') as string })
    await expect(found(alice)).rejects.toMatchObject({ name: 'RendezvousError' })
    const lost = await client({ points: [`/memory/gone/p2p/${alice.peerId.toString()}`] })
    await expect(lost.services.points.publish(NAMEPLATE)).rejects.toMatchObject({ name: 'RendezvousError' })
    await expect(found(lost)).rejects.toMatchObject({ name: 'RendezvousError' })
  })

  it('a registration is renewed long before it lapses', async () => {
    const clock = new FakeClock()
    const server = await point({ clock })
    const points = server.getMultiaddrs()
    const [alice, bob] = [await client({ points, clock }), await client({ points })]
    const publication = await alice.services.points.publish(NAMEPLATE)

    for (let hour = 0; hour < 6; hour++) {
      await vi.waitFor(async () => {
        const at = points[0] ?? multiaddr()
        expect((await bob.services.client.discover(at, `plus-one/1/${NAMEPLATE}`)).peers[0]?.ttl).toBeGreaterThan(3_700)
      })
      clock.advance(HOUR)
    }

    await publication.stop()
    clock.advance(3 * HOUR)
    expect(await ids(bob)).toEqual([])
  })

  it('a point that fails is told, and tried again with patience', async () => {
    const clock = new FakeClock()
    const server = await point({ clock })
    const points = server.getMultiaddrs()
    const alice = await client({ points, clock })
    const failures = vi.fn()
    await alice.services.points.publish(NAMEPLATE, { onError: failures })
    await server.stop()
    clock.advance(HOUR)
    await vi.waitFor(() => { expect(failures).toHaveBeenCalledOnce() })
    clock.advance(5_000)
    await vi.waitFor(() => { expect(failures).toHaveBeenCalledTimes(2) })
    clock.advance(5_000)
    expect(failures).toHaveBeenCalledTimes(2)
  })

  it('when Alice\'s addresses change, Bob finds the new ones', async () => {
    const server = await point()
    const points = server.getMultiaddrs()
    const [alice, bob] = [await client({ points }), await client({ points })]
    await alice.services.points.publish(NAMEPLATE)
    await alice.services.more.listen([multiaddr('/memory/a-new-place')])
    await vi.waitFor(async () => { expect((await found(bob))[0]?.multiaddrs.map(String)).toContain(`/memory/a-new-place/p2p/${alice.peerId.toString()}`) })
  })

  it('a point that comes back, or is met later, takes it too', async () => {
    const [one, two] = [await point(), await point()]
    const [alice, bob] = [await client({ points: one.getMultiaddrs() }), await client({ points: two.getMultiaddrs() })]
    await alice.services.points.publish(NAMEPLATE)
    expect(await ids(bob)).toEqual([])
    await joined(alice, two)
    await vi.waitFor(async () => { expect(await ids(bob)).toEqual([alice.peerId.toString()]) })
  })

  it('a point that is flooded under one nameplate gives 32 peers', async () => {
    const server = await point()
    const points = server.getMultiaddrs()
    const bob = await client({ points })
    await Promise.all(Array.from({ length: 40 }, async () => (await client({ points })).services.points.publish(NAMEPLATE)))
    expect(await found(bob)).toHaveLength(32)
  })

  it('who waits may give up', async () => {
    const controller = new AbortController()
    const alice = await client({ points: (await point()).getMultiaddrs() })
    controller.abort(new Error('enough'))
    await expect(alice.services.points.publish(NAMEPLATE, { signal: controller.signal })).rejects.toThrow('enough')
  })
})
