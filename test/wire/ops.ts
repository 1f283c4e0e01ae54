/** Ops of the log by docs/membership-log.md, "Format": bytes to what the reference of its rules takes, and signatures. */
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, hex, must, unhex, utf8 } from './bytes.js'
import { bytes, count, decode, encode, list, text } from './cbor.js'
import { verify } from './ed25519.js'
import type { Kind, Op, OpId, PartyKind, Payloads, Role } from '../log/reference-ops.js'
import type { Value } from './cbor.js'

export interface SignedOp {
  body: Uint8Array
  sig: Uint8Array
}

export const KINDS: Kind[] = ['GENESIS', 'INVITE', 'ADMIT', 'REVOKE', 'REMOVE', 'SET_ROLE', 'LEAVE', 'READOPT', 'LINK', 'UNLINK', 'REKEY', 'INFO']
export const ROLES: Role[] = ['owner', 'admin', 'writer', 'reader']
export const PARTY_KINDS: PartyKind[] = ['community', 'group', 'contact', 'person']

/** An op that only a newer plus-one can judge. */
export interface Unknown {
  kind: 'UNKNOWN'
  id: OpId
  parents: OpId[]
  author: string
}

export function idOf (body: Uint8Array): OpId {
  return hex(sha256(body))
}

export function personIdOf (first: Uint8Array, recovery: Uint8Array | null): string {
  return hex(sha256(encode([first, recovery])))
}

/** @throws {RangeError} Not the one encoding, or not of this layout. */
export function readOp (body: Uint8Array): Op | Unknown {
  must(body.length <= 4096, 'a body of more than 4,096 bytes')
  const tuple = list(decode(body))
  const version = count(tuple[0])
  const kindNumber = count(tuple[1])
  const parents = list(tuple[2]).map(id32)
  const author = id32(tuple[3])
  must(version >= 2, 'a version that nobody reads any more')
  must(parents.length <= 16 && ascends(parents), 'parents are 16 at most, ascending')
  const kind = KINDS[kindNumber]
  const extension = tuple[7]

  if (version > 2 || kind == null || (isMap(extension) && Object.keys(extension).length > 0)) {
    must(parents.length > 0, 'an unknown op has parents')

    return { kind: 'UNKNOWN', id: idOf(body), parents, author }
  }

  const [, , , , previous = null, speaker = null, payload] = list(tuple, 8)
  must(isMap(extension) && (kind === 'GENESIS') === (parents.length === 0) && (kind !== 'GENESIS' || (previous === null && speaker === null)), 'not the layout of its kind')

  /** By its place where it is a parent, by its id where it is none. */
  const refer = (value: Value | undefined): OpId => {
    const id = typeof value === 'number' ? parents[value] : id32(value)
    must(id != null && (typeof value === 'number') === parents.includes(id), 'a reference that is not said in its one way')

    return id
  }

  const op = {
    id: idOf(body), kind, parents, author,
    ...(previous === null ? {} : { previous: refer(previous) }),
    ...(speaker === null ? {} : { speaker: id32(speaker) }),
    payload: readers[kind](list(payload), refer)
  } as Op

  must(op.kind !== 'GENESIS' || op.payload.owners.some(({ first }) => first === author), 'a GENESIS is signed by one of its owners')

  return op
}

type Refer = (value: Value | undefined) => OpId

const readers: { [K in Kind]: (payload: Value[], refer: Refer) => Payloads[K] } = {
  GENESIS: (payload) => {
    const [name, kind, owners, nonce, picture, app, history] = list(payload, payload.length === 7 ? 7 : 6)
    must(payload.length === 6 || history === false, 'that newcomers get no older keys is said where it is so, and only there')
    const all = list(owners).map(owner => list(owner, 2)).map(([first, recovery]) => ({ first: id32(first), ...optional('recovery', recovery, id32) }))
    must(all.length >= 1 && all.length <= 16 && ascends(all.map(({ first, recovery = '' }) => first + recovery)), 'owners')
    const read = { name: text(name, 1, 256), kind: PARTY_KINDS[count(kind, 0, 3)]!, owners: all, nonce: hex(bytes(nonce, 16)), ...optional('picture', picture, pictureOf), ...optional('app', app, dataOf), ...(history === false ? { history } : {}) }
    must((read.kind !== 'contact' && read.kind !== 'person') || all.length === 1, 'one owner')
    must(read.kind !== 'person' || (all[0]!.first === all[0]!.recovery && /^0*$/.test(read.nonce)), 'a home is a function of its key')

    return read
  },
  INVITE: (payload) => {
    const [lookupId, role, uses, hosts, made, expires, target, data] = list(payload, 8)
    const ids = list(hosts).map(id32)
    must(ids.length <= 8 && ascends(ids), 'hosts')

    return {
      lookupId: hex(bytes(lookupId, 16)), role: ROLES[count(role, 0, 3)]!, uses: count(uses, 1, 1_000_000), hosts: ids, createdAt: moment(made),
      expiresAt: expires === null ? 0 : count(moment(expires), 1), ...optional('target', target, id32), ...optional('data', data, dataOf)
    }
  },
  ADMIT: (payload, refer) => {
    const [invite, first, recovery, acceptance, transcript, after, info] = list(payload, 7)

    return {
      invite: refer(invite), first: id32(first), ...optional('recovery', recovery, id32), acceptance: hex(bytes(acceptance, 64)), transcript: id32(transcript),
      after: count(after, 0, 2 ** 48 - 1), ...optional('info', info, refer)
    }
  },
  REVOKE: (payload, refer) => {
    const [invite, reason] = list(payload, 2)

    return { invite: refer(invite), reason: text(reason, 0, 256) }
  },
  REMOVE: payload => ({ person: id32(list(payload, 1)[0]) }),
  SET_ROLE: (payload) => {
    const [person, role] = list(payload, 2)

    return { person: id32(person), role: ROLES[count(role, 0, 3)]! }
  },
  LEAVE: payload => ({ ...list(payload, 0) }),
  READOPT: (payload, refer) => ({ admit: refer(list(payload, 1)[0]) }),
  LINK: (payload, refer) => {
    const [key, acceptance, invite] = list(payload, 3)

    return { key: id32(key), acceptance: hex(bytes(acceptance, 64)), ...optional('invite', invite, refer) }
  },
  UNLINK: payload => ({ key: id32(list(payload, 1)[0]) }),
  REKEY: (payload) => {
    const [commitment, wraps] = list(payload, 2)

    return { commitment: id32(commitment), wraps: id32(wraps) }
  },
  INFO: (payload) => {
    const [name, picture] = list(payload, 2)

    return { name: text(name, 1, 256), ...optional('picture', picture, pictureOf) }
  }
}

function id32 (value: Value | undefined): string {
  return hex(bytes(value, 32))
}

function moment (value: Value | undefined): number {
  return bytes(value, 6).reduce((all, byte) => 256 * all + byte, 0)
}

function pictureOf (value: Value | undefined): string {
  return text(value, 1, 512)
}

function dataOf (value: Value | undefined): string {
  must(bytes(value).length <= 1024, 'app data')

  return hex(bytes(value))
}

function optional <Name extends string> (name: Name, value: Value | undefined, read: (value: Value | undefined) => string): { [N in Name]?: string } {
  return value === null ? {} : { [name]: read(value) } as { [N in Name]?: string }
}

function ascends (ids: string[]): boolean {
  return ids.every((id, i) => i === 0 || id > ids[i - 1]!)
}

function isMap (value: Value | undefined): value is { [field: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}

export function isSigned (genesis: OpId, author: string, { body, sig }: SignedOp): boolean {
  return verify(unhex(author), concat(utf8('plus-one-log/2\0'), unhex(genesis), body), sig)
}

export interface Shown {
  name: string
  kind: PartyKind
  picture?: string
  /** Hex. */
  app?: string
}

export function previewHashOf ({ name, kind, picture, app }: Shown): Uint8Array {
  return sha256(encode([name, PARTY_KINDS.indexOf(kind), picture ?? null, app == null ? null : unhex(app)]))
}

export interface Acceptance {
  genesis: OpId
  invite: OpId
  first: string
  recovery?: string
  inviter: string
  role: Role
  preview: Uint8Array
  transcript: string
}

export function acceptanceBytes ({ genesis, invite, first, recovery, inviter, role, preview, transcript }: Acceptance): Uint8Array {
  return concat(utf8('plus-one-accept/2\0'), encode([
    unhex(genesis), unhex(invite), unhex(first), recovery == null ? null : unhex(recovery), unhex(inviter), ROLES.indexOf(role), preview, unhex(transcript)
  ]))
}

export function linkBytes (genesis: OpId, person: string, linking: string): Uint8Array {
  return concat(utf8('plus-one-link/1\0'), encode([unhex(genesis), unhex(person), unhex(linking)]))
}

/** The home of a recovery key: the body of its GENESIS. */
export function homeBodyOf (recovery: Uint8Array): Uint8Array {
  return encode([2, 0, [], recovery, null, null, ['home', 3, [[recovery, recovery]], new Uint8Array(16), null, null], {}])
}
