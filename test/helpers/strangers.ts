/** Strangers at one protocol handler: as many keys and addresses as a test likes, without a node for each. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { lpStream, streamPair } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import type { Connection, PeerId, PrivateKey, Stream, StreamHandler } from '@libp2p/interface'
import type { LengthPrefixedStream } from '@libp2p/utils'

export interface Stranger {
  privateKey: PrivateKey
  peerId: PeerId
  /** Is there a connection? */
  connected: boolean
  connection: Connection
  open: () => Promise<{ stream: Stream, messages: LengthPrefixedStream<Stream> }>
}

/** @param handler - Asked for at each stream: it is there once the service has started */
export async function stranger (host: string, handler: () => StreamHandler | undefined): Promise<Stranger> {
  const privateKey = await generateKeyPair('Ed25519')
  const remotePeer = peerIdFromPrivateKey(privateKey)
  const connection = { remotePeer, remoteAddr: multiaddr(host), encryption: '/noise', status: 'open', streams: [] as Stream[] } as unknown as Connection

  return {
    privateKey,
    peerId: remotePeer,
    connected: true,
    connection,
    open: async () => {
      const [stream, inbound] = await streamPair({ delay: 0 })
      await handler()?.(inbound, connection)

      return { stream, messages: lpStream(stream, { maxDataLength: 2 ** 20 }) }
    }
  }
}
