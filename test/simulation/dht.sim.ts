/**
 * Short codes through a DHT of real kad-dht nodes in this process: publish and find
 * from client-mode nodes, then both again with a tenth of the servers gone, unannounced.
 */
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { memory } from '@libp2p/memory'
import { ping } from '@libp2p/ping'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { createLibp2p } from 'libp2p'
import { cidOf } from '../../src/rendezvous/index.js'
import { createShortCode } from '../../src/rendezvous/words.js'
import type { Libp2p, PeerId } from '@libp2p/interface'

const SIZES = [25, 50, 100, 200]

/** kad-dht's own tables hold all of so few; smaller ones have to walk, as full ones do in a network that is too large to know. */
const TABLES = [
  { name: 'its own', init: {} },
  { name: '40 peers', init: { prefixLength: 1 } },
  // a record on 4 servers in place of 20, too
  { name: '16 peers', init: { kBucketSize: 4, prefixLength: 2 } }
]
type Table = (typeof TABLES)[number]

const NAMEPLATES = 24
const CLIENTS = 8
/** Servers that each server dials at the start. */
const BOOTSTRAP = 5
const FAILING = 0.1
const TIMEOUT = 30_000

interface Outcome {
  ok: boolean
  /** DHT requests sent. */
  messages: number
  /** Peers from one to the next until the one who knew the answer. */
  hops: number
  /** ms */
  time: number
}

/** A number below 1 that hangs on its name alone. */
const seeded = (name: string): number => new DataView(sha256(utf8ToBytes(name)).buffer).getUint32(0) / 2 ** 32

async function createNode (name: string, clientMode: boolean, { init }: Table): Promise<Libp2p> {
  return createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', sha256(utf8ToBytes(name))),
    addresses: { listen: [`/memory/${name}`] },
    transports: [memory()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    // every node of this process is one host to the others
    connectionManager: { inboundConnectionThreshold: Number.POSITIVE_INFINITY, maxIncomingPendingConnections: 10_000, maxConnections: 1_000 },
    connectionMonitor: { enabled: false },
    services: {
      identify: identify(),
      ping: ping(),
      dht: kadDHT({ protocol: '/plus-one/simulation/kad/1.0.0', clientMode, peerInfoMapper: passthroughMapper, initialQuerySelfInterval: 100, querySelfInterval: 3_600_000, ...init })
    }
  })
}

/** Counts what one query does. */
function watch () {
  const depths = new Map<string, number>()
  const counts = { messages: 0, hops: 0 }
  const depthOf = (peer: PeerId): number => depths.get(peer.toString()) ?? 1

  const onProgress = ({ type, detail }: { type: string, detail?: unknown }): void => {
    const event = detail as { to?: PeerId, from: PeerId, closer?: Array<{ id: PeerId }>, providers?: unknown[] }

    if (type === 'kad-dht:query:send-query') {
      counts.messages++
    } else if (type === 'kad-dht:query:peer-response') {
      for (const { id } of event.closer ?? []) {
        depths.set(id.toString(), Math.min(depths.get(id.toString()) ?? Number.POSITIVE_INFINITY, depthOf(event.from) + 1))
      }

      if ((event.providers?.length ?? 0) > 0 && counts.hops === 0) {
        counts.hops = depthOf(event.from)
      }
    }
  }

  return { counts, onProgress }
}

async function timed (work: (onProgress: (event: { type: string, detail?: unknown }) => void, signal: AbortSignal) => Promise<boolean>): Promise<Outcome> {
  const { counts, onProgress } = watch()
  const begun = performance.now()
  const ok = await work(onProgress, AbortSignal.timeout(TIMEOUT)).catch(() => false)

  return { ok, ...counts, time: performance.now() - begun }
}

const quantile = (values: number[], q: number): number => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))] ?? 0
const round = (value: number): string => value < 10 ? value.toFixed(1) : String(Math.round(value))

function row (table: Table, size: number, what: string, outcomes: Outcome[]): string {
  const good = outcomes.filter(({ ok }) => ok)
  const of = (key: 'messages' | 'hops' | 'time', q: number): string => round(quantile(good.map(outcome => outcome[key]), q))

  return `| ${table.name} | ${size} | ${what} | ${good.length} of ${outcomes.length} | ${what.startsWith('publish') ? '' : of('hops', 0.5)} | ${of('messages', 0.5)} | ${of('time', 0.5)} | ${of('time', 0.95)} |`
}

export default async function simulate (print: (text: string) => void): Promise<void> {
  print('| table | servers | what | done | hops | requests | ms, median | ms, 95 % |\n|---|---|---|---|---|---|---|---|')

  for (const [table, size] of TABLES.flatMap(table => SIZES.map(size => [table, size] as const))) {
    const servers = await Promise.all(Array.from({ length: size }, async (_, i) => createNode(`server-${table.name}-${size}-${i}`, false, table)))

    for (const [i, server] of servers.entries()) {
      for (let n = 0; n < BOOTSTRAP; n++) {
        const other = servers[Math.floor(seeded(`${size} ${i} ${n}`) * size)]

        if (other != null && other !== server) {
          await server.dial(other.getMultiaddrs())
        }
      }
    }

    const clients = await Promise.all(Array.from({ length: CLIENTS }, async (_, i) => createNode(`client-${table.name}-${size}-${i}`, true, table)))

    for (const [i, node] of clients.entries()) {
      await node.dial(servers[Math.floor(seeded(`client ${size} ${i}`) * size)]?.getMultiaddrs() ?? [])
    }

    // their first look for their own neighbours fills the routing tables
    for (const node of [...servers, ...clients]) {
      for await (const peer of node.peerRouting.getClosestPeers(node.peerId.toMultihash().bytes, { signal: AbortSignal.timeout(TIMEOUT) })) {
        if (peer.id.equals(node.peerId)) {
          break
        }
      }
    }

    const platesOf = (round: number): string[] => Array.from({ length: NAMEPLATES }, (_, i) => createShortCode(bytes => sha256(utf8ToBytes(`nameplate ${size} ${round} ${i}`)).subarray(0, bytes)).nameplate)

    const publish = async (nameplates: string[]): Promise<Outcome[]> => {
      const outcomes: Outcome[] = []

      for (const [i, nameplate] of nameplates.entries()) {
        outcomes.push(await timed(async (onProgress, signal) => {
          await clients[i % (CLIENTS / 2)]?.contentRouting.provide(cidOf(nameplate), { signal, onProgress })
          return true
        }))
      }

      return outcomes
    }

    const find = async (nameplates: string[]): Promise<Outcome[]> => {
      const outcomes: Outcome[] = []

      for (const [i, nameplate] of nameplates.entries()) {
        outcomes.push(await timed(async (onProgress, signal) => {
          const bob = clients[CLIENTS / 2 + i % (CLIENTS / 2)]

          for await (const { id } of bob?.contentRouting.findProviders(cidOf(nameplate), { signal, onProgress }) ?? []) {
            if (id.equals(clients[i % (CLIENTS / 2)]?.peerId)) {
              return true
            }
          }

          return false
        }))
      }

      return outcomes
    }

    const [before, after] = [platesOf(1), platesOf(2)]
    print(row(table, size, 'publish', await publish(before)))
    print(row(table, size, 'find', await find(before)))
    const gone = servers.filter((_, i) => seeded(`gone ${size} ${i}`) < FAILING)
    await Promise.all(gone.map(async server => server.stop()))
    print(row(table, size, `find, ${gone.length} servers gone`, await find(before)))
    print(row(table, size, `publish, ${gone.length} servers gone`, await publish(after)))
    print(row(table, size, `find that, ${gone.length} servers gone`, await find(after)))
    await Promise.all([...servers, ...clients].map(async node => node.stop()))
  }
}
