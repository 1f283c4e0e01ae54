/** How members find each other and begin streams, by docs/meeting.md, docs/guarded-streams.md and docs/rendezvous.md, "Names". */
import { base32nopad } from '@scure/base'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, hex, isSame, must, unhex, utf8 } from './bytes.js'
import { rendezvousIdOf } from './codes.js'
import { epochOf } from './keys.js'
import { bytesOf, decode, encode, listOf, messageOf } from './protobuf.js'
import type { EpochSecret } from './keys.js'
import type { Schema } from './protobuf.js'

/** By which a party is meant on a stream between two. */
export function nameOf (party: Uint8Array, opener: Uint8Array, listener: Uint8Array): Uint8Array {
  return sha256(concat(utf8('plus-one-stream/1\0'), party, opener, listener))
}

/** What who asks whether a protocol is served says, with its length. */
export function readQuestion (framed: Uint8Array): object {
  must(framed[0] === framed.length - 1, 'its length')

  return { name: hex(framed.subarray(1, 33)), protocol: new TextDecoder().decode(framed.subarray(33)) }
}

const ROLES = ['owner', 'admin', 'writer', 'reader']

/** What a listener answers; its length stands in front. */
export function readAnswer (framed: Uint8Array): string {
  const [length, is, role] = framed
  must(length === framed.length - 1 && length === (is === 2 ? 2 : 1), 'its length')

  switch (is) {
    case 0: return 'yes'
    case 1: return 'no member'
    case 2: return `at least ${ROLES[role!]!}`
    case 3: return 'no handler'
    default: throw new RangeError('an answer that is known')
  }
}

const MEET: Schema = {
  1: ['ask', { 1: ['party', 'bytes'], 2: ['record', 'bytes'], 3: ['link', 'number'], 4: ['records', 'number'] }],
  2: ['answer', { 1: ['linked', 'bool'], 2: ['record', 'bytes'], 3: ['records', ['bytes']] }],
  3: ['refusal', { 1: ['code', 'number'] }]
}

export function readMeetFrame (bytes: Uint8Array): object {
  const { ask, answer, refusal, ...frame } = decode(MEET, bytes)
  must(isSame(encode(MEET, { ask, answer, refusal, ...frame }), bytes), 'fields by number')
  const message = { ask, answer, refusal }

  if (ask != null) {
    const { link, records } = messageOf(message, 'ask')

    return { is: 'ask', party: hex(bytesOf(messageOf(message, 'ask'), 'party', 32)), record: hex(bytesOf(messageOf(message, 'ask'), 'record')), link, records }
  } else if (answer != null) {
    const { linked } = messageOf(message, 'answer')
    const own = messageOf(message, 'answer')

    return { is: 'answer', linked, record: hex(bytesOf(own, 'record')), records: (listOf(own, 'records') as Uint8Array[]).map(hex) }
  }

  return { is: 'refusal', code: messageOf(message, 'refusal').code }
}

function inSmall (bytes: Uint8Array): string {
  return base32nopad.encode(bytes).toLowerCase()
}

export function namespaceOfNameplate (nameplate: string): string {
  return `plus-one/1/${nameplate}`
}

export function namespaceOfCode (secret: Uint8Array): string {
  return namespaceOfNameplate(rendezvousIdOf(secret))
}

export function namespaceOfParty (secrets: EpochSecret[]): string {
  return `plus-one/party/1/${inSmall(epochOf(secrets).meeting)}`
}

/** Of a party that has no key. */
export function namespaceOfId (party: string): string {
  return `plus-one/party/1/${inSmall(hkdf(sha256, unhex(party), undefined, utf8('plus-one/meet/1'), 16))}`
}

/** CID version 1, raw, SHA-256; as text in base32, behind a b. */
export function cidOf (namespace: string): string {
  return `b${inSmall(concat(Uint8Array.of(1, 0x55, 0x12, 0x20), sha256(utf8(namespace))))}`
}

/** Of libp2p's rendezvous, all fields optional. */
const REGISTER: Schema = { 1: ['ns?', 'text'], 2: ['record?', 'bytes'], 3: ['ttl?', 'number'] }
const POINT: Schema = { 1: ['type?', 'number'], 2: ['register', REGISTER], 4: ['unregister', { 1: ['ns?', 'text'] }], 5: ['discover', { 1: ['ns?', 'text'], 2: ['limit?', 'number'], 3: ['cookie?', 'bytes'] }] }
const TYPES: { [type: number]: [string, string] } = { 0: ['REGISTER', 'register'], 2: ['UNREGISTER', 'unregister'], 3: ['DISCOVER', 'discover'] }

export function readPointFrame (bytes: Uint8Array): object {
  const message = decode(POINT, bytes)
  const [is, name] = TYPES[message.type as number] ?? ['', '']
  const { ns, record, limit } = messageOf(message, name)

  return { is, ns, ...(record == null ? {} : { record: hex(record as Uint8Array) }), ...(limit == null ? {} : { limit }) }
}
