/** The node of the CLI: the recipe for a libp2p that carries plus-one in Node.js. */
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { isLoopback, isPrivate } from '@libp2p/utils'
import { webSockets } from '@libp2p/websockets'
import { CODE_P2P, multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { parties } from 'plus-one'
import { rendezvousPoints } from 'plus-one/rendezvous'
import { raceSignal } from 'race-signal'
import { loadKey, loadListening, openDirectory, openStore, storeListening } from './data.js'
import { UsageError } from './exit.js'
import { terminalLogger } from './logger.js'
import type { Identify } from '@libp2p/identify'
import type { ComponentLogger, Libp2p, Metrics } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { LevelDatastore } from 'datastore-level'
import type { Parties } from 'plus-one'

export type PlusOneNode = Libp2p<{ identify: Identify, parties: Parties }>

export interface NodeInit {
  /** The data directory. */
  data: string
  /** Multiaddrs to listen on. @default those of the last time, then free ports of TCP and WebSockets */
  listen?: string[]
  /** Multiaddrs to hand out in place of those listened on. */
  announce?: string[]
  /** Relays to be reached through; `reserve` of relays.ts makes the reservation. */
  relay?: string[]
  /** Rendezvous points for short codes, beside the relays, which are such points. */
  rendezvous?: string[]
  /** Where no relay or rendezvous point is given, take those of the last time. */
  resume?: boolean
  /** Connect with members. @default true */
  meet?: boolean
  /** The display name to take on. */
  as?: string
  /** Counts what happens. */
  metrics?: (components: { logger: ComponentLogger }) => Metrics
}

export interface RunningNode {
  node: PlusOneNode
  /** Those that it is to be reached through. */
  relay: string[]
  store: LevelDatastore
  /** Was a port of the last time taken? Codes handed out then hold it. */
  moved: boolean
  stop: () => Promise<void>
}

/** How long a node may take to stop in order, ms. */
const STOP_TIMEOUT = 3_000

/** How long addresses of peers are kept, ms: libp2p's hour is for strangers. */
const MEMORY = 30 * 86_400_000

const ANY_PORTS = ['/ip4/0.0.0.0/tcp/0', '/ip4/0.0.0.0/tcp/0/ws']

/**
 * A started node on a data directory.
 *
 * @throws {StorageError} Another process uses the directory, or it cannot be read.
 * @throws {UsageError} It cannot listen where it was told to.
 */
export async function startNode (init: NodeInit): Promise<RunningNode> {
  await openDirectory(init.data)
  const datastore = await openStore(init.data)
  let node: PlusOneNode | undefined

  const stop = async (): Promise<void> => {
    // a connection that breaks while it is closed makes libp2p wait for its own timeouts
    await raceSignal(node?.stop() ?? Promise.resolve(), AbortSignal.timeout(STOP_TIMEOUT)).catch(() => {})
    await datastore.close()
  }

  try {
    const privateKey = await loadKey(init.data)
    const last = await loadListening(init.data)
    const given = (key: 'relay' | 'rendezvous'): string[] => {
      const addresses = init[key] ?? []

      return init.resume === true && addresses.length === 0 ? last?.[key] ?? [] : addresses
    }
    const [relay, rendezvous] = [given('relay'), given('rendezvous')]
    const relayed = relay.length > 0 ? ['/p2p-circuit'] : []

    const start = async (listen: string[]): Promise<PlusOneNode> => createLibp2p({
      privateKey,
      datastore,
      logger: terminalLogger(),
      ...(init.metrics == null ? {} : { metrics: init.metrics }),
      addresses: {
        listen: [...listen, ...relayed],
        appendAnnounce: init.announce,
        announceFilter: addresses => farthestFirst(addresses.filter(address => isAnnounced(address, init.announce)))
      },
      transports: [tcp(), webSockets(), circuitRelayTransport()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      // members are found again where they were last
      peerStore: { maxAddressAge: MEMORY, maxPeerAge: MEMORY },
      services: { identify: identify(), parties: parties({ meet: init.meet, rendezvous: [rendezvousPoints({ points: [...relay, ...rendezvous] })] }) }
    })

    // the same ports again: codes that were handed out hold them
    const listen = init.listen ?? last?.listen ?? ANY_PORTS
    let moved = false

    try {
      node = await start(listen)
    } catch (err) {
      if (!isListenError(err)) {
        throw err
      }

      if (init.listen != null || last == null) {
        throw new UsageError(`Cannot listen on ${listen.join(' and ')}: the port is in use, or not yours to use; choose another with --listen`)
      }

      moved = true
      node = await startElsewhere(start, listen)
    }

    if (init.listen == null) {
      await storeListening(init.data, { listen: boundPorts(node.getMultiaddrs()) ?? listen, relay, rendezvous })
    }

    if (init.as != null) {
      // the rest of what is shown is known once all is loaded
      await node.services.parties.list()
      await node.services.parties.setProfile({ ...node.services.parties.profile, displayName: init.as })
    }

    return { node, relay, store: datastore, moved, stop }
  } catch (err) {
    await stop()
    throw err
  }
}

/** libp2p listens on all or fails. Of the ports of the last time as many are kept as can be: codes hold all of them, and one leads here. */
async function startElsewhere (start: (listen: string[]) => Promise<PlusOneNode>, last: string[]): Promise<PlusOneNode> {
  for (const listen of last.map((_, i) => ANY_PORTS.map((any, j) => i === j ? any : last[j] ?? any))) {
    try {
      return await start(listen)
    } catch (err) {
      if (!isListenError(err)) {
        throw err
      }
    }
  }

  return start(ANY_PORTS)
}

/** Is a port taken, or not to be had? */
export function isListenError (err: unknown): boolean {
  return ['UnsupportedListenAddressError', 'UnsupportedListenAddressesError'].includes((err as Error).name) ||
    ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL'].includes((err as NodeJS.ErrnoException).code ?? '')
}

/** What is announced stands in place of what is listened on; a relayed address stays. */
function isAnnounced (address: Multiaddr, announce: string[] = []): boolean {
  return announce.length === 0 || isRelayed(address) || announce.some(text => address.decapsulateCode(CODE_P2P).equals(multiaddr(text).decapsulateCode(CODE_P2P)))
}

/** A code holds 4 addresses: those that most can reach come first. */
function farthestFirst (addresses: Multiaddr[]): Multiaddr[] {
  const rank = (address: Multiaddr): number => isRelayed(address) ? 0 : isLoopback(address) ? 3 : isPrivate(address) ? 2 : 1

  return addresses.sort((a, b) => rank(a) - rank(b))
}

export function isRelayed (address: Multiaddr): boolean {
  return address.getComponents().some(({ name }) => name === 'p2p-circuit')
}

/** ANY_PORTS with the ports that were free. */
function boundPorts (addresses: Multiaddr[]): string[] | undefined {
  const portOf = (ws: boolean): string | undefined => addresses
    .filter(address => !isRelayed(address))
    .map(address => address.getComponents())
    .find(components => components.some(({ name }) => name === 'ws') === ws)
    ?.find(({ name }) => name === 'tcp')?.value
  const [tcpPort, wsPort] = [portOf(false), portOf(true)]

  return tcpPort == null || wsPort == null ? undefined : [`/ip4/0.0.0.0/tcp/${tcpPort}`, `/ip4/0.0.0.0/tcp/${wsPort}/ws`]
}
