/**
 * What meeting costs who does nothing, in bytes; how long parties of real nodes take to be in one piece when half of them
 * restarted; how many sends and hops an op takes where an inviter is connected with all.
 */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { memory } from '@libp2p/memory'
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { parties } from '../../src/index.js'
import { chooseAddresses, sealRecord } from '../../src/meeting/links/addresses.js'
import { MAX_GIVEN, REDRAW } from '../../src/meeting/links/constants.js'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { LOG_PROTOCOL } from '../../src/sync/constants.js'
import { decodeFrame } from '../../src/sync/frames.js'
import { RealParty } from './meeting-party.js'
import { table } from './measure.js'
import type { Party, Parties } from '../../src/index.js'
import type { Print } from './measure.js'
import type { Libp2p, MultiaddrConnection, PrivateKey } from '@libp2p/interface'

const DAY = 86_400_000
/** How long everything has to be said, ms. */
const QUIET = 1_000

type Node = Libp2p<{ parties: Parties }>

let names = 0

/** Bytes that this node's sockets would have sent and received. */
class Meter {
  bytes = 0

  trackMultiaddrConnection (connection: MultiaddrConnection): void {
    const send = connection.send.bind(connection)
    connection.send = (data) => {
      this.bytes += data.byteLength

      return send(data)
    }
    connection.addEventListener('message', ({ data }) => { this.bytes += data.byteLength })
  }

  trackProtocolStream (): void {}

  /** What else libp2p counts is nothing that is asked here. */
  registerMetric (): object { return { update () {}, increment () {}, decrement () {}, reset () {}, timer: () => () => {} } }
  registerMetricGroup (): object { return this.registerMetric() }
  registerCounter (): object { return this.registerMetric() }
  registerCounterGroup (): object { return this.registerMetric() }
  registerHistogram (): object { return this.registerMetric() }
  registerHistogramGroup (): object { return this.registerMetric() }
  registerSummary (): object { return this.registerMetric() }
  registerSummaryGroup (): object { return this.registerMetric() }
  traceFunction <F> (_name: string, fn: F): F { return fn }
  createTrace (): void {}

  /** Until nothing passes. */
  async quiet (): Promise<number> {
    for (let before = -1; before !== this.bytes;) {
      before = this.bytes
      await new Promise(resolve => setTimeout(resolve, QUIET))
    }

    return this.bytes
  }
}

async function nodeOf (meet: boolean, privateKey: PrivateKey, meter: Meter = new Meter()): Promise<Node> {
  return createLibp2p({
    privateKey,
    addresses: { listen: [`/memory/meeting-${++names}`] },
    transports: [memory()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    connectionMonitor: { enabled: false },
    metrics: () => meter as never,
    services: { identify: identify(), parties: parties({ meet }) }
  })
}

/** A record as a browser behind a relay has it: through the relay, and WebRTC through it, at two of them. */
async function typicalRecord (): Promise<number> {
  const relays = await Promise.all([1, 2].map(async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()))
  const addresses = relays.flatMap(relay => ['', '/webrtc'].map(end => multiaddr(`/dns4/relay.example.org/tcp/443/tls/ws/p2p/${relay}/p2p-circuit${end}`)))

  return (await sealRecord(chooseAddresses(addresses, 'public'), BigInt(Date.now()), await generateKeyPair('Ed25519'))).length
}

async function join (party: Party, node: Node): Promise<void> {
  const { code, pin } = await party.invite()
  await node.services.parties.redeem(code).setPin(pin)
}

/** Two members connect, compare their logs, and the one asks the other for a link. */
async function visit (meet: boolean): Promise<number> {
  const meter = new Meter()
  const [alice, bob] = [await nodeOf(meet, await generateKeyPair('Ed25519')), await nodeOf(meet, await generateKeyPair('Ed25519'), meter)]

  try {
    await join(await alice.services.parties.create({ name: 'Book club', kind: 'community' }), bob)
    const before = await meter.quiet()
    await bob.hangUp(alice.peerId)

    // who meets dials by itself
    if (!meet) {
      await bob.dial(alice.getMultiaddrs())
    }

    const bytes = await meter.quiet() - before

    // both may have dialled
    return Math.round(bytes / bob.getConnections(alice.peerId).length)
  } finally {
    await Promise.all([alice.stop(), bob.stop()])
  }
}

const SIZES = [5, 50, 500]

export default async function meeting (print: Print): Promise<void> {
  const parts: { [name: string]: (print: Print) => Promise<void> } = { idle, restarts }

  for (const [name, part] of Object.entries(parts)) {
    if ((process.env.PART ?? name) === name) {
      await part(print)
    }
  }
}

async function restarts (print: Print): Promise<void> {
  for (const size of SIZES.filter(size => (process.env.SIZE ?? String(size)) === String(size))) {
    const party = await RealParty.of(size)
    const all = Array.from({ length: size }, (_, nth) => nth)
    const rows = [[`${size} members, nodes of one process`, 'until one piece', 'its processor']]
    const timed = async (name: string, which: number[], moved: boolean): Promise<void> => {
      const [begun, { user, system }] = [performance.now(), process.cpuUsage()]
      await party.startAll(which, moved)
      await party.onePiece()
      const [ms, cpu] = [performance.now() - begun, process.cpuUsage({ user, system })]
      // a large party takes minutes for each
      print(`${size} members: ${name}, ${(ms / 1000).toFixed(1)} s`)
      rows.push([name, `${(ms / 1000).toFixed(2)} s`, `${((cpu.user + cpu.system) / 1e6).toFixed(2)} s`])
      await party.settled()
    }
    const half = all.filter(nth => nth % 2 === 1)
    const stop = async (): Promise<void> => { await Promise.all(half.map(async nth => party.nodes[nth]?.stop())) }
    await timed('all start', all, false)
    await stop()
    await timed('half restart where they were', half, false)
    await stop()
    await timed('half restart elsewhere', half, true)
    print(`${table(rows)}\n`)
    print(`${table(await spread(party))}\n`)
    await Promise.all(party.nodes.map(async node => node.stop()))
  }
}

/** One op of an inviter who is connected with all: to whom each node sends it, and how far it goes. */
async function spread (party: RealParty): Promise<string[][]> {
  const [alice, ...others] = party.nodes
  const size = party.nodes.length
  await Promise.all(others.map(async node => node.dial(alice?.getMultiaddrs() ?? [])))
  await party.settled()
  const logs = await Promise.all(party.nodes.map(async (_, nth) => (await party.partyOf(nth)).log))
  const sends = new Map<string, Set<string>>()
  const hops = new Map([[alice?.peerId.toString() ?? '', 0]])
  party.nodes.forEach(node => { watch(node, (to) => {
    const from = node.peerId.toString()
    sends.set(from, (sends.get(from) ?? new Set()).add(to))
    hops.set(to, Math.min(hops.get(to) ?? Number.POSITIVE_INFINITY, (hops.get(from) ?? Number.POSITIVE_INFINITY) + 1))
  }) })
  const begun = performance.now()
  const { id } = await (await party.partyOf(0)).invite()
  const reached = async (): Promise<number> => {
    for (let waits = 0; waits < 1_000 && !logs.every(log => log.has(id)); waits++) {
      await new Promise(resolve => setTimeout(resolve, 20))
    }

    return logs.filter(log => log.has(id)).length
  }
  const all = await reached()

  return [
    [`one op of an inviter with ${alice?.getConnections().length} connections`, ''],
    ['came to', `${all} of ${size}, within ${((performance.now() - begun) / 1000).toFixed(2)} s`],
    ['members to whom the inviter sent it', String(sends.get(alice?.peerId.toString() ?? '')?.size ?? 0)],
    ['members to whom any node sent it, at most', String(Math.max(...[...sends.values()].map(({ size }) => size)))],
    ['hops, at most', String(Math.max(...hops.values()))]
  ]
}

/** Calls back with each member to whom this node sends news of ops. */
function watch (node: Node, sent: (to: string) => void): void {
  for (const connection of node.getConnections()) {
    for (const stream of connection.streams.filter(({ protocol }) => protocol === LOG_PROTOCOL)) {
      const send = stream.send.bind(stream)
      stream.send = (data) => {
        const bytes = data.subarray()
        const frame = decodeFrame(bytes.subarray(bytes.findIndex(byte => byte < 0x80) + 1))

        if (frame.kind === 'items' && frame.items.ops.length > 0) {
          sent(connection.remotePeer.toString())
        }

        return send(data)
      }
    }
  }
}

async function idle (print: Print): Promise<void> {
  const [plain, met, record] = [await visit(false), await visit(true), await typicalRecord()]
  const whole = met + (MAX_GIVEN + 2) * record
  // as many draw this node as it draws
  const visits = 2 * DAY / (REDRAW[0] + REDRAW[1] / 2)

  print(table([
    ['bytes of a visit, both ways', ''],
    ['connection, identify, logs compared', String(plain)],
    ['and asked for a link, nobody having a record', String(met)],
    [`and ${MAX_GIVEN + 2} records of ${record} bytes`, String(whole)],
    ['visits a day, made and received', visits.toFixed(0)],
    ['bytes a day of who does nothing', String(Math.round(visits * whole))]
  ]))
}
