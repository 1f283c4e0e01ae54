/**
 * Ops of the membership log (DESIGN section 6): what they hold, and their one
 * encoding. Ids and keys are hex strings here, bytes on the wire.
 */
import { decode } from '@ipld/dag-cbor'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { decodeStrict, encode } from '../codec/index.js'
import { ProtocolError } from '../errors.js'

/** What a member may do, most first (DESIGN section 1). */
export const ROLES = ['owner', 'admin', 'writer', 'reader'] as const
export type Role = typeof ROLES[number]

export const PARTY_KINDS = ['community', 'group', 'contact'] as const
export type PartyKind = typeof PARTY_KINDS[number]

/** Each kind's number on the wire is its place here. */
export const OP_KINDS = ['GENESIS', 'INVITE', 'ADMIT', 'REVOKE', 'REMOVE', 'SET_ROLE', 'LEAVE', 'READOPT'] as const
export type OpKind = typeof OP_KINDS[number]

/** The id of an op: SHA-256 of its body, hex. */
export type OpId = string

/** An Ed25519 public key, 32 bytes, hex. */
export type MemberKey = string

/** The version of ops that this plus-one writes. */
export const OP_VERSION = 1

/** Bytes of a body; a GENESIS with a long name and many owners needs under 2 KiB. */
export const MAX_BODY = 4096

/** DESIGN section 6: "parents ≤16". */
export const MAX_PARENTS = 16

/** Bytes of UTF-8 in a party's name. */
export const MAX_NAME = 256

/** Bytes of UTF-8 in a reference to a party's picture, as in a profile. */
export const MAX_PICTURE = 512

/** Bytes of UTF-8 in a REVOKE's reason. */
export const MAX_REASON = 256

/** Reasons of a REVOKE by the INVITE's own author that say how it ended; any other text is a plain revocation. */
export const END_REASONS = ['declined', 'locked', 'expired'] as const

/** Bytes of a moment, ms since 1970, big-endian: two fewer than as a CBOR number. */
const MOMENT = 6

/** Owners in a GENESIS. */
export const MAX_OWNERS = 16

/** Uses of one INVITE. */
export const MAX_USES = 1_000_000

const SIGNATURE_PREFIX = utf8ToBytes('plus-one-log/1\0')

export interface Payloads {
  /** `picture`: a reference, whatever apps make of it. */
  GENESIS: { name: string, kind: PartyKind, owners: MemberKey[], nonce: string, picture?: string }
  /** `createdAt` and `expiresAt` (0: never), ms since 1970, are told and judged by no rule. */
  INVITE: { lookupId: string, role: Role, uses: number, createdAt: number, expiresAt: number, target?: MemberKey }
  /** `after`: when, in ms since the INVITE's `createdAt` by the same author's clock; told as well. */
  ADMIT: { invite: OpId, member: MemberKey, acceptance: Uint8Array, transcript: string, after: number }
  REVOKE: { invite: OpId, reason: string }
  REMOVE: { member: MemberKey }
  SET_ROLE: { member: MemberKey, role: Role }
  LEAVE: Record<never, never>
  /** A void ADMIT, whose member is admitted anew. */
  READOPT: { admit: OpId }
}

/** An op as it travels: `id` is not sent. */
export interface SignedOp {
  body: Uint8Array
  /** Ed25519, 64 bytes. */
  sig: Uint8Array
}

interface OpOf<K extends OpKind> {
  id: OpId
  kind: K
  parents: OpId[]
  author: MemberKey
  payload: Payloads[K]
  signed: SignedOp
}

export type Op = { [K in OpKind]: OpOf<K> }[OpKind]
export type AnyOp<K extends OpKind = OpKind> = Extract<Op, { kind: K }>

/** An op of a version or kind that this plus-one does not know: kept unjudged. */
export interface UnknownOp {
  id: OpId
  kind: 'UNKNOWN'
  parents: OpId[]
  author: MemberKey
  signed: SignedOp
}

export function opIdOf (body: Uint8Array): OpId {
  return bytesToHex(sha256(body))
}

/** The bytes that an author signs: its party is bound, so no op can be replayed into another. */
export function signingBytes (genesis: OpId, body: Uint8Array): Uint8Array {
  return concatBytes(SIGNATURE_PREFIX, hexToBytes(genesis), body)
}

/** A body's canonical bytes. */
export function encodeOpBody <K extends OpKind> (kind: K, parents: OpId[], author: MemberKey, payload: Payloads[K]): Uint8Array {
  const tuple = payloads[kind].toTuple as (payload: unknown, parents: OpId[]) => unknown[]
  const sorted = [...parents].sort()

  return encode([OP_VERSION, OP_KINDS.indexOf(kind), sorted.map(hexToBytes), hexToBytes(author), tuple(payload, sorted)])
}

/**
 * Reads an op; its signature is not looked at.
 *
 * @throws {ProtocolError} Not canonical, or not of this layout.
 */
export function decodeOp (signed: SignedOp): Op | UnknownOp {
  return read(opIdOf(signed.body), signed, decodeStrict(signed.body, MAX_BODY))
}

/** Reads an op whose body was found canonical, and to hash to this id, before. @throws {ProtocolError} */
export function decodeStored (id: OpId, signed: SignedOp): Op | UnknownOp {
  return read(id, signed, decode(signed.body))
}

function read (id: OpId, signed: SignedOp, tuple: unknown): Op | UnknownOp {
  need(Array.isArray(tuple) && tuple.length === 5 && signed.sig.length === 64)
  const [version, kindNumber, parentBytes, authorBytes, payloadTuple] = tuple as unknown[]

  need(isCount(version) && isCount(kindNumber) && Array.isArray(parentBytes) && parentBytes.length <= MAX_PARENTS)
  const parents = (parentBytes as unknown[]).map(hash)
  need(parents.every((parent, i) => i === 0 || parent > (parents[i - 1] ?? '')))

  const kind = OP_KINDS[kindNumber]

  const author = hash(authorBytes)

  if (version !== OP_VERSION || kind == null) {
    need(parents.length > 0)
    return { id, kind: 'UNKNOWN', parents, author, signed }
  }

  need(Array.isArray(payloadTuple) && (kind === 'GENESIS') === (parents.length === 0))
  const payload = payloads[kind].fromTuple(payloadTuple as unknown[], parents)
  need(kind !== 'GENESIS' || (payload as Payloads['GENESIS']).owners.includes(author))

  return { id, kind, parents, author, payload, signed } as Op
}

/** Each payload as a tuple, and back with every field checked. */
const payloads: { [K in OpKind]: { toTuple: (payload: Payloads[K], parents: OpId[]) => unknown[], fromTuple: (tuple: unknown[], parents: OpId[]) => Payloads[K] } } = {
  GENESIS: {
    toTuple: ({ name, kind, owners, nonce, picture }) => [name, PARTY_KINDS.indexOf(kind), [...owners].sort().map(hexToBytes), hexToBytes(nonce), picture ?? null],
    fromTuple: (tuple) => {
      const [name, kind, owners, nonce, picture] = sized(tuple, 5)
      need(Array.isArray(owners) && owners.length >= 1 && owners.length <= MAX_OWNERS)
      const keys = (owners as unknown[]).map(hash)
      need(keys.every((key, i) => i === 0 || key > (keys[i - 1] ?? '')))

      return {
        name: text(name, MAX_NAME, 1), kind: oneOf(PARTY_KINDS, kind), owners: keys, nonce: bytes(nonce, 16),
        ...(picture === null ? {} : { picture: text(picture, MAX_PICTURE, 1) })
      }
    }
  },
  INVITE: {
    toTuple: ({ lookupId, role, uses, createdAt, expiresAt, target }) =>
      [hexToBytes(lookupId), ROLES.indexOf(role), uses, fromMoment(createdAt), expiresAt === 0 ? null : fromMoment(expiresAt), target == null ? null : hexToBytes(target)],
    fromTuple: (tuple) => {
      const [lookupId, role, uses, createdAt, expiresAt, target] = sized(tuple, 6)
      need(isCount(uses) && uses >= 1 && uses <= MAX_USES)
      const expiry = expiresAt === null ? 0 : toMoment(expiresAt)
      need((expiry === 0) === (expiresAt === null))

      return {
        lookupId: bytes(lookupId, 16), role: oneOf(ROLES, role), uses, createdAt: toMoment(createdAt), expiresAt: expiry,
        ...(target === null ? {} : { target: hash(target) })
      }
    }
  },
  ADMIT: {
    // an invite that is a parent is named by its place there: that saves 33 bytes a member
    toTuple: ({ invite, member, acceptance, transcript, after }, parents) =>
      [parents.includes(invite) ? parents.indexOf(invite) : hexToBytes(invite), hexToBytes(member), acceptance, hexToBytes(transcript), after],
    fromTuple: (tuple, parents) => {
      const [invite, member, acceptance, transcript, after] = sized(tuple, 5)
      need(acceptance instanceof Uint8Array && acceptance.length === 64 && isCount(after) && after < 2 ** (8 * MOMENT))

      const id = isCount(invite) ? parents[invite] : hash(invite)
      need(id != null && isCount(invite) === parents.includes(id))

      return { invite: id, member: hash(member), acceptance, transcript: hash(transcript), after }
    }
  },
  REVOKE: {
    toTuple: ({ invite, reason }) => [hexToBytes(invite), reason],
    fromTuple: (tuple) => {
      const [invite, reason] = sized(tuple, 2)

      return { invite: hash(invite), reason: text(reason, MAX_REASON, 0) }
    }
  },
  REMOVE: {
    toTuple: ({ member }) => [hexToBytes(member)],
    fromTuple: tuple => ({ member: hash(sized(tuple, 1)[0]) })
  },
  SET_ROLE: {
    toTuple: ({ member, role }) => [hexToBytes(member), ROLES.indexOf(role)],
    fromTuple: (tuple) => {
      const [member, role] = sized(tuple, 2)

      return { member: hash(member), role: oneOf(ROLES, role) }
    }
  },
  LEAVE: {
    toTuple: () => [],
    fromTuple: (tuple) => {
      sized(tuple, 0)
      return {}
    }
  },
  READOPT: {
    toTuple: ({ admit }) => [hexToBytes(admit)],
    fromTuple: tuple => ({ admit: hash(sized(tuple, 1)[0]) })
  }
}

function need (holds: boolean): asserts holds {
  if (!holds) {
    throw new ProtocolError('A log op does not have the layout of its kind')
  }
}

function sized (tuple: unknown[], length: number): unknown[] {
  need(tuple.length === length)
  return tuple
}

function isCount (value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function bytes (value: unknown, length: number): string {
  need(value instanceof Uint8Array && value.length === length)
  return bytesToHex(value)
}

function fromMoment (moment: number): Uint8Array {
  return hexToBytes(moment.toString(16).padStart(2 * MOMENT, '0'))
}

function toMoment (value: unknown): number {
  return Number.parseInt(bytes(value, MOMENT), 16)
}

function hash (value: unknown): string {
  return bytes(value, 32)
}

function text (value: unknown, max: number, min: number): string {
  need(typeof value === 'string')
  const length = utf8ToBytes(value).length
  need(length >= min && length <= max)
  return value
}

function oneOf <T> (values: readonly T[], index: unknown): T {
  need(isCount(index) && index < values.length)
  return values[index] as T
}
