/** What meeting costs who does nothing: one visit of a member whom a lot drew, in bytes, and how many of them make a day. */
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

export default async function meeting (print: Print): Promise<void> {
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
