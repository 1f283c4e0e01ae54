import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { prometheusMetrics } from '@libp2p/prometheus-metrics'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p } from 'libp2p'
import { rendezvousServer } from 'plus-one/rendezvous/protocol'
import { Registry } from 'prom-client'
import { loadKey, openDirectory, openStore } from '../data.js'
import { formatTimeLeft } from '../duration.js'
import { UsageError } from '../exit.js'
import { terminalLogger } from '../logger.js'
import { isListenError } from '../node.js'
import { count } from '../output.js'
import { portOf, servePages } from '../pages.js'
import { untilSignal } from '../signals.js'
import type { CommonOptions, Command } from '../command.js'
import type { Context } from '../context.js'
import type { CircuitRelayService } from '@libp2p/circuit-relay-v2'
import type { Identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import type { RendezvousServer } from 'plus-one/rendezvous/protocol'
import type { Server } from 'node:http'

/** Nodes that may be reached through this relay at once; libp2p's default of 15 is for a relay beside other work. */
const MAX_RESERVATIONS = 1_000

/** Each reservation is a connection; the rest are those that dial through it. */
const MAX_CONNECTIONS = 3_000

/** New connections per second from one address; libp2p's 5 would shut out a household, or a proxy's clients. */
const INBOUND_PER_SECOND = 50

/** The circuit relay v2 specification's limits for one relayed connection: ms and bytes. A handshake needs under 1 s and 10 KiB. */
const CIRCUIT = { duration: 120_000, data: 131_072n }

/** How often the health line is renewed: at a terminal, and in a log, ms. */
const HEALTH_INTERVAL = { terminal: 1_000, log: 60_000 }

export type RelayNode = Libp2p<{ identify: Identify, relay: CircuitRelayService, rendezvous: RendezvousServer }>

interface Health {
  connections: number
  reservations: number
  /** At its rendezvous point: short codes, two each. */
  registrations: number
  /** s */
  uptime: number
}

/** Runs a relay until it is stopped. */
export async function relay ({ port, metrics }: Extract<Command, { name: 'relay' }>, { common, out, signal }: Context): Promise<void> {
  const registry = new Registry()
  const { node, stop } = await startRelay(common, port, metrics == null ? undefined : registry)
  const started = Date.now()
  let pages: Server | undefined

  const health = (): Health => ({
    connections: node.getConnections().length,
    reservations: node.services.relay.reservations.size,
    registrations: node.services.rendezvous.size,
    uptime: Math.floor((Date.now() - started) / 1000)
  })

  try {
    pages = metrics == null ? undefined : await servePages(metrics, registry, health)
    const addresses = node.getMultiaddrs().map(String)
    const page = pages == null ? undefined : `http://127.0.0.1:${portOf(pages)}`
    out.event('relay', { peerId: node.peerId, addresses, metrics: page == null ? undefined : `${page}/metrics` })
    out.line(`${out.style('bold', 'Relay')} ${node.peerId.toString()}`)
    addresses.forEach(address => { out.line(`  ${address}`) })

    if (page != null) {
      out.line(out.style('dim', `  ${page}/metrics  ${page}/health`))
    }

    if (!common.dataGiven) {
      out.line(out.style('dim', '  Its key is new at each start; --data DIR keeps it, and so these addresses.'))
    }

    out.line()
    out.line(`Use it with ${out.style('bold', 'plus-one invite --relay ADDRESS')}, for four words to say on the phone ${out.style('bold', '--short')}. Ctrl-C stops it.`)

    const tell = (): void => {
      const now = health()
      const line = `${out.style('green', '●')} healthy · ${count(now.connections, 'connection')} · ${count(now.reservations, 'reservation')} · ${count(now.registrations, 'registration')} · up ${formatTimeLeft(now.uptime * 1000)}`
      out.event('health', { status: 'ok', ...now })

      if (out.isTerminal) {
        out.status(line)
      } else {
        out.line(line)
      }
    }

    const timer = setInterval(tell, out.isTerminal && !out.json ? HEALTH_INTERVAL.terminal : HEALTH_INTERVAL.log).unref()
    tell()
    await untilSignal(signal)
    clearInterval(timer)
  } finally {
    out.status('')
    pages?.closeAllConnections()
    pages?.close()
    await stop()
  }
}

async function startRelay ({ data, dataGiven, listen, announce }: CommonOptions, port: number, registry: Registry | undefined): Promise<{ node: RelayNode, stop: () => Promise<void> }> {
  const addresses = listen ?? [`/ip4/0.0.0.0/tcp/${port}/ws`, `/ip4/0.0.0.0/tcp/${port === 0 ? 0 : port + 1}`]

  if (dataGiven) {
    await openDirectory(data)
  }

  const privateKey = dataGiven ? await loadKey(data) : undefined
  const datastore = dataGiven ? await openStore(data) : undefined

  try {
    const node = await createLibp2p({
      logger: terminalLogger(),
      ...(datastore == null ? {} : { datastore }),
      ...(privateKey == null ? {} : { privateKey }),
      ...(registry == null ? {} : { metrics: prometheusMetrics({ registry }) }),
      addresses: { listen: addresses, announce },
      transports: [webSockets(), tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionManager: { maxConnections: MAX_CONNECTIONS, inboundConnectionThreshold: INBOUND_PER_SECOND, maxIncomingPendingConnections: INBOUND_PER_SECOND },
      services: {
        identify: identify(),
        relay: circuitRelayServer({
          maxInboundHopStreams: MAX_CONNECTIONS,
          maxOutboundStopStreams: MAX_CONNECTIONS,
          reservations: { maxReservations: MAX_RESERVATIONS, defaultDurationLimit: CIRCUIT.duration, defaultDataLimit: CIRCUIT.data }
        }),
        rendezvous: rendezvousServer()
      }
    })

    return {
      node,
      stop: async () => {
        await node.stop()
        await datastore?.close()
      }
    }
  } catch (err) {
    await datastore?.close()
    throw isListenError(err) ? new UsageError(`Cannot listen on ${addresses.join(' and ')}: the port is in use, or not yours to use; choose another with --port`) : err
  }
}
