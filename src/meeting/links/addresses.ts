/** Where a node can be dialled, as it tells members: its signed record, and which addresses of it are for whom. */
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { getNetConfig, isPrivate } from '@libp2p/utils'
import { bytesToHex } from '@noble/hashes/utils.js'
import { equals } from 'uint8arrays/equals'
import { ProtocolError } from '../../errors.js'
import { peerIdOf } from '../../log/terms.js'
import { addressTo } from '../../network/peer-address.js'
import { MAX_ADDRESSES, MAX_RECORD } from './constants.js'
import type { Key } from '../../log/index.js'
import type { AbortOptions, PrivateKey } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Which addresses a party's members are told: in a community, whose members are strangers, relayed and public ones alone. */
export type Scope = 'all' | 'public'

/** Bytes of an envelope without its addresses, and of what is around each address. */
const ENVELOPE = 200
const AROUND = 8

export interface OpenedRecord {
  key: Key
  /** The highest of a key counts. */
  sequence: bigint
  addresses: Multiaddr[]
}

/** Is it of a relay, or of a place that all can dial? */
export function isPublic (address: Multiaddr): boolean {
  return isRelayed(address) || !(isPrivate(address) || isLocalName(address))
}

export function isRelayed (address: Multiaddr): boolean {
  return address.getComponents().some(({ name }) => name === 'p2p-circuit')
}

/** The PeerId of the relay that an address goes through; undefined: through none. */
export function relayOf (address: Multiaddr): string | undefined {
  return /\/p2p\/([^/]+)\/p2p-circuit/.exec(address.toString())?.[1]
}

/** Those that are for this scope and go into one record, public ones first. */
export function chooseAddresses (addresses: Multiaddr[], scope: Scope): Multiaddr[] {
  const open = addresses.filter(isPublic)
  const chosen: Multiaddr[] = []
  let bytes = ENVELOPE

  for (const address of [...open, ...scope === 'all' ? addresses.filter(address => !open.includes(address)) : []]) {
    const size = address.bytes.length + AROUND

    if (chosen.length < MAX_ADDRESSES && bytes + size <= MAX_RECORD) {
      chosen.push(address)
      bytes += size
    }
  }

  return chosen
}

/** A node's record, signed: libp2p's peer record in its envelope (RFC 0002 and 0003). */
export async function sealRecord (addresses: Multiaddr[], sequence: bigint, privateKey: PrivateKey, options?: AbortOptions): Promise<Uint8Array> {
  const peerId = peerIdFromPublicKey(privateKey.publicKey)
  const envelope = await RecordEnvelope.seal(new PeerRecord({ peerId, multiaddrs: addresses, seqNumber: sequence }), privateKey, options)

  return envelope.marshal().subarray()
}

/** @throws {ProtocolError} It is none, is too long, or its signature does not hold. */
export async function openRecord (bytes: Uint8Array, options?: AbortOptions): Promise<OpenedRecord> {
  const opened = readRecord(bytes)
  const isValid = await RecordEnvelope.openAndCertify(bytes, PeerRecord.DOMAIN, options).then(() => true, () => false)
  options?.signal?.throwIfAborted()

  if (!isValid) {
    throw new ProtocolError('A peer record is not signed by its peer')
  }

  return opened
}

/** The same, of what was verified before. @throws {ProtocolError} */
export function readRecord (bytes: Uint8Array): OpenedRecord {
  if (bytes.length > MAX_RECORD) {
    throw new ProtocolError(`A peer record has ${bytes.length} bytes, and ${MAX_RECORD} at most are allowed`)
  }

  try {
    const { publicKey, payload, payloadType } = RecordEnvelope.createFromProtobuf(bytes)
    const { peerId, multiaddrs, seqNumber } = PeerRecord.createFromProtobuf(payload.subarray())

    if (publicKey.type === 'Ed25519' && equals(payloadType.subarray(), PeerRecord.CODEC) && peerId.publicKey?.equals(publicKey) === true && multiaddrs.length <= MAX_ADDRESSES) {
      return { key: bytesToHex(publicKey.raw), sequence: seqNumber, addresses: multiaddrs }
    }
  } catch (err) {
    throw new ProtocolError('A peer record is damaged', { cause: err })
  }

  throw new ProtocolError('A peer record is not of the peer that signed it')
}

/** This address with the PeerId of this key at its end: a dial of it reaches nobody else. */
export function addressOf (key: Key, address: Multiaddr): Multiaddr {
  return addressTo(address, peerIdOf(key))
}

/** A name that means another host to each who asks. */
function isLocalName (address: Multiaddr): boolean {
  try {
    return /(^|\.)(localhost|local|internal|home\.arpa)$/.test(getNetConfig(address).host)
  } catch {
    return false
  }
}
