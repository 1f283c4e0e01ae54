/** Nodes for the benchmark of load: over TCP, with the limits of libp2p raised that one host would meet. */
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { lpStream } from '@libp2p/utils'
import { randomBytes } from '@noble/hashes/utils.js'
import { createLibp2p } from 'libp2p'
import { confirm, initiate, respond } from '../../src/pake/index.js'
import { verify } from '../../src/log/index.js'
import { parties } from '../../src/parties/index.js'
import type { Parties } from '../../src/index.js'
import type { Libp2p, PeerId, PrivateKey, Stream } from '@libp2p/interface'

export type Node = Libp2p<{ parties: Parties }>

/** libp2p takes 5 connections a second from one host, 10 that are being made and 300 in all: all guests here come from one. */
const LIMITS = { inboundConnectionThreshold: Number.POSITIVE_INFINITY, maxIncomingPendingConnections: 10_000, maxConnections: 10_000 }

const common = (privateKey?: PrivateKey) => ({
  ...(privateKey == null ? {} : { privateKey }),
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionGater: { denyDialMultiaddr: () => false },
  connectionManager: LIMITS,
  connectionMonitor: { enabled: false },
  transports: [tcp({ maxConnections: 10_000, backlog: 4096 })]
})

/** Alice's node, which listens. */
export async function host (privateKey: PrivateKey): Promise<Node> {
  return createLibp2p({ ...common(privateKey), addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, services: { identify: identify(), parties: parties() } })
}

/** How long a guest tries, ms: a crowd of them shares one process here, and has work of its own for longer than the 30 s that one on its own device tries. */
const PATIENCE = 120_000

export async function guest (privateKey: PrivateKey): Promise<Node> {
  return createLibp2p({ ...common(privateKey), services: { identify: identify(), parties: parties({ connectTimeout: PATIENCE }) } })
}

/** A node without plus-one. */
export async function stranger (): Promise<Libp2p> {
  return createLibp2p({ ...common(), services: { identify: identify() } })
}

/** What no such handshake can do without: its cryptography, in as many round trips, on one stream. */
export const FLOOR = '/plus-one/floor'

/** An op's length, bytes, and how many the guest verifies: GENESIS, INVITE, ADMIT. */
const OP = 250
const OPS = 3

function inputs (self: PeerId, remote: PeerId, nonce: Uint8Array) {
  const ends = { inviter: self.toMultihash().bytes, invitee: remote.toMultihash().bytes }

  return { protocol: FLOOR, ends, password: '204958', bound: [], nonces: { inviter: nonce, invitee: nonce }, random: randomBytes }
}

function rawOf ({ publicKey }: PeerId): Uint8Array {
  return publicKey?.raw ?? new Uint8Array()
}

/** Alice's side of it. */
export async function serveFloor (node: Libp2p, privateKey: PrivateKey): Promise<void> {
  await node.handle(FLOOR, async (stream, connection) => {
    try {
      const frames = lpStream(stream)
      const nonce = (await frames.read()).slice()
      const init = inputs(node.peerId, connection.remotePeer, nonce)
      const cpace = initiate(init)
      await frames.write(cpace.share)
      const answer = (await frames.read()).slice()
      const acceptance = answer.subarray(96)

      if (!await verify(rawOf(connection.remotePeer), nonce, acceptance) || confirm(cpace, init.ends, answer.subarray(0, 32), answer.subarray(32, 96)) == null) {
        throw new Error('The floor does not hold')
      }

      const op = randomBytes(OP)
      const sig = await privateKey.sign(op)
      await frames.write(Uint8Array.from([...sig, ...op]))
      await frames.read()
      await stream.close()
    } catch (err) {
      stream.abort(err as Error)
    }
  }, { maxInboundStreams: 1000 })
}

/** The guest's side of it. */
export async function runFloor (node: Libp2p, privateKey: PrivateKey, stream: Stream, inviter: PeerId): Promise<void> {
  const frames = lpStream(stream)
  const nonce = randomBytes(32)
  await frames.write(nonce)
  const share = (await frames.read()).slice()
  const response = respond(inputs(inviter, node.peerId, nonce), share)
  await frames.write(Uint8Array.from([...response.share, ...response.tag, ...await privateKey.sign(nonce)]))
  const grant = (await frames.read()).slice()

  for (let nth = 0; nth < OPS; nth++) {
    if (!await verify(rawOf(inviter), grant.subarray(64), grant.subarray(0, 64))) {
      throw new Error('The floor does not hold')
    }
  }

  await frames.write(new Uint8Array(1))
  await stream.close()
}
