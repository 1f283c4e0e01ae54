/** Nodes in this process, and what a test does to them and between them. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { identify } from '@libp2p/identify'
import { ConnectionFailedError } from '@libp2p/interface'
import { memory } from '@libp2p/memory'
import { MemoryDatastore } from 'datastore-core'
import { createLibp2p } from 'libp2p'
import { systemClock } from '../async/clock.js'
import { parties } from '../parties/index.js'
import { ProcessStore } from './store.js'
import { wired, WiredStream } from './wire.js'
import type { Fate, Meddler, Message, WireInit } from './wire.js'
import type { Clock, Parties, PartiesInit } from '../interface/index.js'
import type { Connection, ConnectionEncrypter, Libp2p, PeerId, PrivateKey, Stream } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Datastore } from 'interface-datastore'

/** A node of a network. */
export type TestNode = Libp2p<{ parties: Parties }>

/** What one node begins with. */
export interface NodeInit extends PartiesInit {
  /** Give the same one again to restart a node. @default a new one in memory */
  datastore?: Datastore
  /** @default a new one */
  privateKey?: PrivateKey
  /** @default [noise()] */
  connectionEncrypters?: Array<(components: never) => ConnectionEncrypter>
}

/** What all nodes of a network begin with. */
export interface NetworkInit {
  /** Of all its nodes that are given none, and of latency. @default the platform's */
  clock?: Clock
  /** Do its nodes connect with members by themselves, as `PartiesInit.meet` says? @default true */
  meet?: boolean
  /** How long a message takes from one node to another, ms, or so many for each message. @default 0 */
  latency?: number | (() => number)
  /** At which share of the messages (0 to 1) the connection breaks: what a lost message is on a transport that loses none. @default 0 */
  loss?: number
  /** What chance goes by: the same again, the same losses again. @default 1 */
  seed?: number
}

/** Nodes that reach each other in memory, and what goes wrong between them. */
export interface Network {
  /** ms; may be changed at any time. */
  latency: number | (() => number)
  /** 0 to 1; may be changed at any time. */
  loss: number
  /** A started node that every other of this network can dial by its addresses. */
  node (init?: NodeInit): Promise<TestNode>
  /**
   * Groups that do not reach each other: connections between them break, dials
   * fail. Nodes that are in none are a group of their own. Ends the one before;
   * `partition()` heals.
   */
  partition (...groups: TestNode[][]): void
  /** Decides on each message from now on; of several, the first that says something. Returns what ends it. */
  meddle (meddler: Meddler): () => void
  /** As a power cut: nothing more of this node is sent or stored, and nobody reaches it. */
  kill (node: TestNode): void
  /** The same key, address and store again; `init` changes the rest. Stops the node first if it runs. */
  restart (node: TestNode, init?: Omit<NodeInit, 'datastore' | 'privateKey'>): Promise<TestNode>
  /** Stops all of them. */
  stop (): Promise<void>
}

/** One run of a node. */
interface Run {
  init: NodeInit & { datastore: Datastore, privateKey: PrivateKey }
  address: string
  store: ProcessStore
  /** Its open streams. */
  streams: Set<WiredStream>
  node?: TestNode
  killed: boolean
  stopped?: Promise<void>
}

let addresses = 0

/** A network of nodes in this process. */
export function createNetwork ({ clock, meet = true, latency = 0, loss = 0, seed = 1 }: NetworkInit = {}): Network {
  const runs = new Set<Run>()
  const meddlers = new Set<Meddler>()
  const chance = randomOf(seed)
  let groups: Set<string>[] = []

  const runOf = (peer: PeerId): Run | undefined => [...runs].findLast(({ node }) => node?.peerId.equals(peer))
  const groupOf = (peer: PeerId): number => groups.findIndex(group => group.has(peer.toString()))
  const apart = (one: PeerId, two: PeerId): boolean => groupOf(one) !== groupOf(two) || runOf(one)?.killed === true || runOf(two)?.killed === true

  const cutApart = (): void => {
    runs.forEach(({ node }) => {
      node?.getConnections().filter(({ remotePeer }) => apart(node.peerId, remotePeer)).forEach((connection) => { connection.abort(new Error('The network was parted')) })
    })
  }

  const decide = (message: Message): Fate | Promise<Fate> => {
    for (const meddler of meddlers) {
      const fate = meddler(message)

      if (fate != null) {
        return fate
      }
    }

    return network.loss > 0 && chance() < network.loss ? 'cut' : undefined
  }

  const wireOf = (run: Run): WireInit => ({
    clock: clock ?? systemClock,
    latency: () => typeof network.latency === 'number' ? network.latency : network.latency(),
    busy: () => meddlers.size > 0 || network.latency !== 0 || network.loss > 0,
    decide,
    self: () => run.node?.peerId,
    connectionOf: stream => connectionOf(run, stream),
    otherEnd: (stream, { remotePeer }) => [...runOf(remotePeer)?.streams ?? []]
      .findLast(other => other.stream.id === stream.id && other.stream.direction !== stream.direction)
  })

  const start = async (init: Run['init'], address: string): Promise<TestNode> => {
    const { datastore, privateKey, connectionEncrypters = [noise()], ...rest } = init
    const run: Run = { init, address, store: new ProcessStore(datastore), streams: new Set(), killed: false }
    const wire = wireOf(run)
    const keep = (stream: Stream): void => {
      const kept = new WiredStream(stream, wire)
      run.streams.add(kept)
      stream.addEventListener('close', () => { run.streams.delete(kept) }, { once: true })
    }
    const isReached = (address: Multiaddr): boolean => {
      const other = [...runs].findLast(({ address: listened }) => address.toString().startsWith(listened + '/') || address.toString() === listened)

      return run.node == null || other?.node == null || !apart(run.node.peerId, other.node.peerId)
    }
    const denied = (peer: PeerId): boolean => run.node != null && apart(run.node.peerId, peer)
    const node = await createLibp2p({
      datastore: run.store,
      privateKey,
      addresses: { listen: [address] },
      transports: [reaching(memory(), isReached)],
      connectionEncrypters: connectionEncrypters as [],
      streamMuxers: [() => wired(yamux()(), keep)],
      connectionGater: { denyDialMultiaddr: () => false, denyOutboundEncryptedConnection: denied, denyInboundEncryptedConnection: denied },
      connectionManager: { inboundConnectionThreshold: Number.POSITIVE_INFINITY, maxIncomingPendingConnections: 1000 },
      services: { identify: identify(), parties: parties({ meet, ...(clock == null ? {} : { clock }), ...rest }) }
    })
    run.node = node
    runs.add(run)

    return node
  }

  const ended = async (run: Run): Promise<void> => run.stopped ??= Promise.resolve(run.node?.stop())

  const network: Network = {
    latency,
    loss,
    node: async ({ datastore = new MemoryDatastore(), privateKey, ...init } = {}) => start({ ...init, datastore, privateKey: privateKey ?? await generateKeyPair('Ed25519') }, `/memory/plus-one-${++addresses}`),
    partition (...parts) {
      groups = parts.map(part => new Set(part.map(({ peerId }) => peerId.toString())))
      cutApart()
    },
    meddle (meddler) {
      meddlers.add(meddler)

      return () => { meddlers.delete(meddler) }
    },
    kill (node) {
      const run = [...runs].find(run => run.node === node)

      if (run != null) {
        run.killed = true
        run.store.kill()
        node.getConnections().forEach((connection) => { connection.abort(new Error('The process was killed')) })
        // what is left of it in this process
        ended(run).catch(() => {})
      }
    },
    async restart (node, init) {
      const run = [...runs].find(run => run.node === node)

      if (run == null) {
        throw new TypeError('This node is none of this network')
      }

      await ended(run).catch(() => {})
      runs.delete(run)

      return start({ ...run.init, ...init }, run.address)
    },
    async stop () {
      // libp2p waits half a second for a connection that its other end closes at the same time
      runs.forEach(({ node }) => { node?.getConnections().forEach((connection) => { connection.abort(new Error('The network was stopped')) }) })
      await Promise.all([...runs].map(ended))
    }
  }

  return network
}

/** Dials fail as where nobody listens, before any handshake. */
function reaching (transport: ReturnType<typeof memory>, isReached: (address: Multiaddr) => boolean): ReturnType<typeof memory> {
  return (components) => {
    const made = transport(components)
    const dial = made.dial.bind(made)
    made.dial = async (address, options) => {
      if (!isReached(address)) {
        throw new ConnectionFailedError(`The network is parted: nobody is reached at ${address.toString()}`)
      }

      return dial(address, options)
    }

    return made
  }
}

function connectionOf ({ node }: Run, stream: Stream): Connection | undefined {
  return node?.getConnections().find(({ streams }) => streams.includes(stream))
}

/** mulberry32: numbers from 0 to 1 that hang on the seed alone. */
function randomOf (seed: number): () => number {
  let state = seed

  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ state >>> 15, 1 | state)
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed

    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32
  }
}
