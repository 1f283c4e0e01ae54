/** Signed peer records (RFC 0003), in the two forms that there are: made of this node, checked of others. */
import { InvalidMessageError } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { equals } from 'uint8arrays/equals'
import { addressTo, endsIn, endsInPeer, routeTo } from '../../network/peer-address.js'
import type { AbortOptions, PeerId, PrivateKey } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/**
 * What is signed with the record. `standard`: as go-libp2p and js-libp2p do, by the
 * multicodec table (libp2p-peer-record, 0x0301). `routing-state`: as rust-libp2p does,
 * whose rendezvous reads no other (rust-libp2p issue 6204).
 */
const FORMS = {
  standard: { domain: PeerRecord.DOMAIN, codec: PeerRecord.CODEC },
  'routing-state': { domain: 'libp2p-routing-state', codec: utf8ToBytes('/libp2p/routing-state-record') }
}

export type RecordForm = keyof typeof FORMS

export interface SealOptions extends AbortOptions {
  /** @default 'standard' */
  form?: RecordForm
}

/** This node's record, signed. */
export async function sealRecord (peerId: PeerId, privateKey: PrivateKey, multiaddrs: Multiaddr[], { form = 'standard', ...options }: SealOptions = {}): Promise<Uint8Array> {
  const record = new PeerRecord({ peerId, multiaddrs: multiaddrs.map(address => routeTo(address, peerId)) })

  return (await RecordEnvelope.seal({ ...FORMS[form], marshal: () => record.marshal(), equals: () => false }, privateKey, options)).marshal()
}

/**
 * Whose record it is, and what it says.
 *
 * @throws {InvalidMessageError} It is none, or not signed by the peer that it is about.
 */
export async function openRecord (bytes: Uint8Array, options?: AbortOptions): Promise<{ id: PeerId, multiaddrs: Multiaddr[], seqNumber: bigint }> {
  try {
    const envelope = RecordEnvelope.createFromProtobuf(bytes)
    const form = Object.values(FORMS).find(({ codec }) => equals(codec, envelope.payloadType))

    if (form == null || !await envelope.validate(form.domain, options)) {
      throw new Error('its signature does not hold')
    }

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

/** So that no other is dialled: nothing where it ends in another's. */
function addressed (address: Multiaddr, peer: PeerId): Multiaddr[] {
  return endsInPeer(address) && !endsIn(address, peer) ? [] : [addressTo(address, peer)]
}
