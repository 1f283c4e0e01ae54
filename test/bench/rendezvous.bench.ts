import { lpStream } from '@libp2p/utils'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import { createShortCode } from '../../src/rendezvous/words.js'
import { namespaceOf } from '../../src/rendezvous/namespace.js'
import { client, point, stopAll } from '../helpers/rendezvous-nodes.js'
import { measure, quantile, report, table } from './measure.js'
import type { Client, Point } from '../helpers/rendezvous-nodes.js'
import type { Print } from './measure.js'
import type { PeerId } from '@libp2p/interface'

const SIZES = [100, 1_000, 10_000]

/** A point takes 1,000 of each by default. */
const OF_ONE_PEER = 500

const NAMEPLATES = 100
const ECHO = '/plus-one/bench/echo/1.0.0'

/** Bytes of a REGISTER with one address: what the floor sends and gets back. */
const REQUEST = 300

const nameplate = (): string => namespaceOf(createShortCode().nameplate)

/**
 * One rendezvous point that holds so many registrations already: what a request
 * costs, beside as many bytes that are only echoed; how many of a round of short
 * codes are found; memory, and the start from what was kept.
 */
export default async function rendezvous (print: Print): Promise<void> {
  const held: string[][] = [['registrations', 'kB of heap each', 'B kept each', 'start, ms', 'found', 'requests each', 'ms, median', 'ms, 95 %']]

  for (const size of SIZES) {
    const datastore = new MemoryDatastore()
    const server = await point({ datastore, maxRegistrations: 2 * Math.max(...SIZES) })
    await server.handle(ECHO, async (stream) => {
      const messages = lpStream(stream, { maxDataLength: 2 * REQUEST })
      await messages.write(await messages.read())
      await stream.close()
    })
    const before = heap()
    await fill(server, size)
    const each = (heap() - before) / size
    const [alice, bob] = [await connected(server), await connected(server)]
    const known = nameplate()
    await alice.services.client.register(server.peerId, known)

    print(`\nOne point with ${size} registrations`)
    print(report(await measure([
      { name: 'floor: a stream, as many bytes and back', prepare: () => async () => echo(alice, server.peerId) },
      { name: 'register', prepare: () => async () => alice.services.client.register(server.peerId, nameplate()) },
      { name: 'register again', prepare: () => async () => alice.services.client.register(server.peerId, known) },
      { name: 'discover, one peer', prepare: () => async () => bob.services.client.discover(server.peerId, known) },
      { name: 'discover, nobody', prepare: () => async () => bob.services.client.discover(server.peerId, nameplate()) }
    ], { runs: 60, warmups: 20 })))

    const { times, found } = await findAll(alice, bob, server.peerId)
    const kept = await bytesOf(datastore)
    const count = server.services.server.size
    await server.stop()
    const begun = performance.now()
    const again = await point({ datastore, maxRegistrations: 2 * Math.max(...SIZES) })
    const start = performance.now() - begun

    if (again.services.server.size !== count) {
      throw new Error(`${again.services.server.size} of ${count} registrations came back`)
    }

    held.push([size, each / 1000, kept / count, start].map(value => value < 10 ? value.toFixed(1) : value.toFixed(0)).concat(`${found} of ${NAMEPLATES}`, '1', quantile(times, 0.5).toFixed(1), quantile(times, 0.95).toFixed(1)))
    await stopAll()
  }

  print('\nOne point, by what it holds (heap: of point, store and clients together; start: a node, and its registrations)')
  print(table(held))
}

function heap (): number {
  globalThis.gc?.()

  return process.memoryUsage().heapUsed
}

async function connected (server: Point): Promise<Client> {
  const node = await client()
  await node.dial(server.getMultiaddrs())

  return node
}

async function fill (server: Point, size: number): Promise<void> {
  for (let left = size; left > 0; left -= OF_ONE_PEER) {
    const node = await connected(server)

    for (let i = 0; i < Math.min(left, OF_ONE_PEER); i++) {
      await node.services.client.register(server.peerId, nameplate())
    }

    await node.stop()
  }
}

async function echo (node: Client, peer: PeerId): Promise<void> {
  const stream = await node.dialProtocol(peer, ECHO)
  const messages = lpStream(stream, { maxDataLength: 2 * REQUEST })
  await messages.write(new Uint8Array(REQUEST))
  await messages.read()
  await stream.close()
}

/** Alice publishes, and Bob finds, as many short codes. */
async function findAll (alice: Client, bob: Client, server: PeerId): Promise<{ times: number[], found: number }> {
  const nameplates = Array.from({ length: NAMEPLATES }, nameplate)
  const times: number[] = []
  let found = 0

  for (const nameplate of nameplates) {
    await alice.services.client.register(server, nameplate)
    const begun = performance.now()
    const { peers } = await bob.services.client.discover(server, nameplate)
    times.push(performance.now() - begun)
    found += peers.some(({ id }) => id.equals(alice.peerId)) ? 1 : 0
  }

  return { times, found }
}

async function bytesOf (datastore: MemoryDatastore): Promise<number> {
  let bytes = 0

  for await (const { key, value } of datastore.query({ prefix: '/rendezvous/registration' })) {
    bytes += utf8ToBytes(key.toString()).length + value.length
  }

  return bytes
}
