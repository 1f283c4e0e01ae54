import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { identify } from '@libp2p/identify'
import { memory } from '@libp2p/memory'
import { createLibp2p } from 'libp2p'
import { parties } from '../parties/index.js'
import type { Parties, PartiesInit } from '../parties/index.js'
import type { ConnectionEncrypter, Libp2p, PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

export type TestNode = Libp2p<{ parties: Parties }>

export interface NodeInit extends PartiesInit {
  /** Give the same one again to restart a node. @default a new one in memory */
  datastore?: Datastore
  /** @default a new one */
  privateKey?: PrivateKey
  /** @default [noise()] */
  connectionEncrypters?: Array<(components: never) => ConnectionEncrypter>
}

export interface Network {
  /** A started node that every other of this network can dial by its addresses. */
  node (init?: NodeInit): Promise<TestNode>
  /** Stops all of them. */
  stop (): Promise<void>
}

let addresses = 0

/** A network of nodes in this process. */
export function createNetwork (): Network {
  const nodes: TestNode[] = []

  return {
    async node ({ datastore, privateKey, connectionEncrypters = [noise()], ...init } = {}) {
      const node = await createLibp2p({
        ...(datastore == null ? {} : { datastore }),
        ...(privateKey == null ? {} : { privateKey }),
        addresses: { listen: [`/memory/plus-one-${++addresses}`] },
        transports: [memory()],
        connectionEncrypters: connectionEncrypters as [],
        streamMuxers: [yamux()],
        connectionGater: { denyDialMultiaddr: () => false },
        connectionManager: { inboundConnectionThreshold: Number.POSITIVE_INFINITY, maxIncomingPendingConnections: 1000 },
        services: { identify: identify(), parties: parties(init) }
      })
      nodes.push(node)

      return node
    },
    async stop () {
      await Promise.all(nodes.map(async node => node.stop()))
    }
  }
}
