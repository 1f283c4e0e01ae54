/** Signed peer records (RFC 0003): made of this node, checked of others. */
import { InvalidMessageError } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { CODE_P2P } from '@multiformats/multiaddr'
import type { AbortOptions, PeerId, PrivateKey } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** This node's record, signed. */
export async function sealRecord (peerId: PeerId, privateKey: PrivateKey, multiaddrs: Multiaddr[], options?: AbortOptions): Promise<Uint8Array> {
  const record = new PeerRecord({ peerId, multiaddrs: multiaddrs.map(address => endsIn(address, peerId) ? address.decapsulateCode(CODE_P2P) : address) })

  return (await RecordEnvelope.seal(record, privateKey, options)).marshal()
}

/**
 * Whose record it is, and what it says.
 *
 * @throws {InvalidMessageError} It is none, or not signed by the peer that it is about.
 */
export async function openRecord (bytes: Uint8Array, options?: AbortOptions): Promise<{ id: PeerId, multiaddrs: Multiaddr[], seqNumber: bigint }> {
  try {
    const envelope = await RecordEnvelope.openAndCertify(bytes, PeerRecord.DOMAIN, options)
    const { peerId, multiaddrs, seqNumber } = PeerRecord.createFromProtobuf(envelope.payload)

    if (peerId.equals(peerIdFromPublicKey(envelope.publicKey))) {
      return { id: peerId, multiaddrs: multiaddrs.flatMap(address => addressed(address, peerId)), seqNumber }
    }
  } catch (err) {
    options?.signal?.throwIfAborted()
    throw new InvalidMessageError(`Not a signed peer record: ${(err as Error).message}`)
  }

  throw new InvalidMessageError('A peer record that another peer has signed')
}

/** Ending in the peer's id, so that no other is dialled; nothing where it ends in another's. */
function addressed (address: Multiaddr, peer: PeerId): Multiaddr[] {
  const last = address.getComponents().at(-1)

  if (last?.code === CODE_P2P) {
    return endsIn(address, peer) ? [address] : []
  }

  return [address.encapsulate(`/p2p/${peer.toString()}`)]
}

function endsIn (address: Multiaddr, peer: PeerId): boolean {
  const last = address.getComponents().at(-1)

  return last?.code === CODE_P2P && last.value === peer.toString()
}
