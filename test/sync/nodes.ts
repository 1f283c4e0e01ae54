/** Nodes that have nothing but sync, and logs whose members they are. */
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { identify } from '@libp2p/identify'
import { bytesToHex } from '@noble/hashes/utils.js'
import { createLibp2p } from 'libp2p'
import { LogSync } from '../../src/sync/index.js'
import { FakeLog, keyOf, opOf } from './fake-log.js'
import type { LogSyncComponents, SignedOp } from '../../src/sync/index.js'
import type { Libp2p } from '@libp2p/interface'

export type Node = Libp2p<{ sync: LogSync }>

const nodes: Node[] = []

export async function stopNodes (): Promise<void> {
  await Promise.all(nodes.splice(0).map(async node => node.stop()))
}

export async function startNode (listen: string[], transports: unknown[], services: object = {}): Promise<Node> {
  const made = await createLibp2p({
    addresses: { listen },
    transports: transports as [],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    // libp2p counts those that come over a relay as its host's, and takes five a second of one
    connectionManager: { inboundConnectionThreshold: Number.POSITIVE_INFINITY },
    services: { identify: identify(), sync: (components: LogSyncComponents) => new LogSync(components), ...services }
  }) as unknown as Node
  nodes.push(made)

  return made
}

export function keyOfNode ({ peerId }: Node): string {
  return peerId.publicKey == null ? '' : bytesToHex(peerId.publicKey.raw)
}

export const genesis: SignedOp = opOf(keyOf('Alice'), [], undefined, 'Book club')

/** A log of this node, in which all of these are members. */
export function logOf (self: Node, members: Node[]): FakeLog {
  const log = new FakeLog('', genesis)
  Object.assign(log, { self: keyOfNode(self) })
  members.forEach(member => log.standings.set(keyOfNode(member), { is: 'member' }))

  return log
}

export async function write (log: FakeLog, count: number, text = ''): Promise<void> {
  for (let nth = 0; nth < count; nth++) {
    await log.append('Alice', `${nth} ${log.size} ${text}`)
  }
}
