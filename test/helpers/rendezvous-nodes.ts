/** Nodes in memory that are rendezvous points, or clients of them. */
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { identify } from '@libp2p/identify'
import { memory } from '@libp2p/memory'
import { createLibp2p } from 'libp2p'
import { rendezvousPoints } from '../../src/rendezvous/index.js'
import { RendezvousClient, rendezvousServer } from '../../src/rendezvous/protocol/index.js'
import type { Rendezvous, RendezvousPointsInit } from '../../src/rendezvous/index.js'
import type { RendezvousClientComponents, RendezvousServer, RendezvousServerInit } from '../../src/rendezvous/protocol/index.js'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import type { TransportManager } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Datastore } from 'interface-datastore'

export type Point = Libp2p<{ server: RendezvousServer }>
export type Client = Libp2p<{ client: RendezvousClient, points: Rendezvous, more: Pick<TransportManager, 'listen'> }>

let addresses = 0
const nodes: Libp2p[] = []

const common = () => ({
  addresses: { listen: [`/memory/rendezvous-${++addresses}`] },
  transports: [memory()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionGater: { denyDialMultiaddr: () => false },
  connectionManager: { inboundConnectionThreshold: Number.POSITIVE_INFINITY, maxIncomingPendingConnections: 1000 }
})

export async function point ({ datastore, privateKey, listen, ...init }: RendezvousServerInit & { datastore?: Datastore, privateKey?: PrivateKey, listen?: string } = {}): Promise<Point> {
  const node = await createLibp2p({
    ...common(),
    ...(listen == null ? {} : { addresses: { listen: [listen] } }),
    ...(datastore == null ? {} : { datastore }),
    ...(privateKey == null ? {} : { privateKey }),
    services: { identify: identify(), server: rendezvousServer(init) }
  })
  nodes.push(node)

  return node
}

export async function client (init: RendezvousPointsInit = {}): Promise<Client> {
  const node = await createLibp2p({
    ...common(),
    services: {
      identify: identify(),
      client: (components: RendezvousClientComponents) => new RendezvousClient(components),
      points: rendezvousPoints(init),
      more: ({ transportManager }: { transportManager: TransportManager }) => ({ listen: async (addresses: Multiaddr[]) => transportManager.listen(addresses) })
    }
  })
  nodes.push(node)

  return node
}

export async function stopAll (): Promise<void> {
  await Promise.all(nodes.splice(0).map(async node => node.stop()))
}
