/** What a member signs beside the log (docs/membership-log.md, "Format"; docs/meeting.md, "Records"): libp2p's envelope, RFC 0002. */
import { hex, isSame, lvCat, must, utf8 } from './bytes.js'
import { bytes, count, decode as decodeCbor, encode as encodeCbor, list, text } from './cbor.js'
import { peerIdOf } from './codes.js'
import { verify } from './ed25519.js'
import { bytesOf, decode, encode, listOf, messageOf } from './protobuf.js'
import type { Message, Schema } from './protobuf.js'
import type { Value } from './cbor.js'

const KEY: Schema = { 1: ['type', 'number'], 2: ['data', 'bytes'] }
const ENVELOPE: Schema = { 1: ['key', KEY], 2: ['payloadType', 'bytes'], 3: ['payload', 'bytes'], 5: ['signature', 'bytes'] }

/** The payload of an envelope whose signature holds; its key's type is 1, Ed25519. */
export function openEnvelope (sealed: Uint8Array, domain: string, payloadType: Uint8Array): { key: Uint8Array, payload: Uint8Array } {
  const envelope = decode(ENVELOPE, sealed)
  must(isSame(encode(ENVELOPE, envelope), sealed), 'fields by number')
  const key = messageOf(envelope, 'key')
  const raw = bytesOf(key, 'data', 32)
  const payload = bytesOf(envelope, 'payload')
  must(key.type === 1 && isSame(bytesOf(envelope, 'payloadType'), payloadType), 'an Ed25519 key, and this type of payload')
  must(verify(raw, lvCat(utf8(domain), payloadType, payload), bytesOf(envelope, 'signature', 64)), 'the envelope\'s signature')

  return { key: raw, payload }
}

/** dag-cbor of a member's. */
function openTuple (sealed: Uint8Array, member: Uint8Array, domain: string, type: string, most: number): Value[] {
  const { key, payload } = openEnvelope(sealed, domain, utf8(type))
  must(isSame(key, member) && payload.length <= most, 'this member\'s, and not too long')

  return list(decodeCbor(payload))
}

export interface Profile {
  sequence: number
  displayName: string
  picture: string
  extra?: Value
  /** The recovery key of the person for whom it speaks. */
  person?: string
  /** What a newer plus-one wrote behind it. */
  more: Value[]
}

export function readProfile (sealed: Uint8Array, member: Uint8Array): Profile {
  const [sequence, displayName, picture, extra, ...behind] = openTuple(sealed, member, 'plus-one-profile/1', '/plus-one/profile/1', 1400)
  must(extra == null || encodeCbor(extra).length <= 512, 'extra')

  return { sequence: count(sequence), displayName: text(displayName, 0, 256), picture: text(picture, 0, 512), ...(extra == null ? {} : { extra }), ...personIn(behind) }
}

/** 32 bytes behind the other fields. */
function personIn (behind: Value[]): { person?: string, more: Value[] } {
  const [person, ...more] = behind

  return person instanceof Uint8Array && person.length === 32 ? { person: hex(person), more } : { more: behind }
}

export function readDisplayName (sealed: Uint8Array, member: Uint8Array): { sequence: number, party: string, name: string, person?: string } {
  const [sequence, party, name, ...behind] = openTuple(sealed, member, 'plus-one-name/1', '/plus-one/name/1', 384)
  const { more, ...person } = personIn(behind)
  must(more.length === 0, 'three or four elements')

  return { sequence: count(sequence), party: hex(bytes(party, 32)), name: text(name, 0, 256), ...person }
}

const ADDRESS: Schema = { 1: ['multiaddr', 'bytes'] }
const PEER_RECORD: Schema = { 1: ['peerId', 'bytes'], 2: ['sequence', 'number'], 3: ['addresses', [ADDRESS]] }

/** libp2p's peer record, RFC 0003; its payload type is the multicodec 0x0301. */
export function readPeerRecord (sealed: Uint8Array, domain = 'libp2p-peer-record', type = Uint8Array.of(3, 1)): { key: string, sequence: number, addresses: string[] } {
  const { key, payload } = openEnvelope(sealed, domain, type)
  const record = decode(PEER_RECORD, payload)
  must(isSame(bytesOf(record, 'peerId'), peerIdOf(key)), 'of the peer that signed it')
  const addresses = (listOf(record, 'addresses') as Message[]).map(address => hex(bytesOf(address, 'multiaddr')))

  return { key: hex(key), sequence: record.sequence as number, addresses }
}
