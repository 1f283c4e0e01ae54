/** What each kind of op says: its fields, their limits, and their tuple on the wire with every field checked. */
import { hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { ProtocolError } from '../errors.js'
import { hexOf } from './hex.js'
import { MAX_DATA, MAX_NAME, MAX_PICTURE, PARTY_KINDS, ROLES } from './kinds.js'
import type { Key, OpId, OpKind, PartyKind, PersonId, Role } from './kinds.js'

/** Bytes of UTF-8 in a REVOKE's reason. */
export const MAX_REASON = 256

/** Bytes of a moment, ms since 1970, big-endian: two fewer than as a CBOR number. */
const MOMENT = 6

/** Owners in a GENESIS. */
export const MAX_OWNERS = 16

/** Hosts of an INVITE. */
export const MAX_HOSTS = 8

/** Uses of one INVITE. */
export const MAX_USES = 1_000_000

/** Keys of a person at the start: both say who it is. */
export interface Owner {
  first: Key
  recovery?: Key
}

export interface Payloads {
  /**
   * `picture`: a reference, whatever apps make of it; `app`: theirs too. A contact and a person have one owner.
   * `history`: false where who joins gets no key of what was before; missing: gets them.
   */
  GENESIS: { name: string, kind: PartyKind, owners: Owner[], nonce: string, picture?: string, app?: Uint8Array, history?: false }
  /** `createdAt` and `expiresAt` (0: never), ms since 1970, are told and judged by no rule. */
  INVITE: { lookupId: string, role: Role, uses: number, hosts: PersonId[], createdAt: number, expiresAt: number, target?: Key, data?: Uint8Array }
  /**
   * `after`: when, in ms since the INVITE's `createdAt` by the author's clock; told as well.
   * `info`: the INFO whose name and picture the new member saw, where those were not the GENESIS' own.
   */
  ADMIT: { invite: OpId, first: Key, recovery?: Key, acceptance: Uint8Array, transcript: string, after: number, info?: OpId }
  REVOKE: { invite: OpId, reason: string }
  REMOVE: { person: PersonId }
  SET_ROLE: { person: PersonId, role: Role }
  LEAVE: Record<never, never>
  /** A void ADMIT, whose person is admitted anew. */
  READOPT: { admit: OpId }
  /** `invite`: in a home, the INVITE by which the device came. */
  LINK: { key: Key, acceptance: Uint8Array, invite?: OpId }
  UNLINK: { key: Key }
  /** What an epoch's secret is checked against, and the hash of the wrap set; 32 bytes each, hex. */
  REKEY: { commitment: string, wraps: string }
  INFO: { name: string, picture?: string }
}

/** Writes a reference to another op: by its place among the parents where it is one, else by its id. */
type Refer = (id: OpId) => unknown

/** Reads such a reference. @throws {ProtocolError} It is not said in that one way. */
type Deref = (value: unknown) => OpId

interface Layout <P> {
  toTuple: (payload: P, refer: Refer) => unknown[]
  fromTuple: (tuple: unknown[], deref: Deref) => P
}

const ZEROS = '00'.repeat(16)

export const payloads: { [K in OpKind]: Layout<Payloads[K]> } = {
  GENESIS: {
    toTuple: ({ name, kind, owners, nonce, picture, app, history }) => [
      name, PARTY_KINDS.indexOf(kind), [...owners].sort(byKeys).map(({ first, recovery }) => [hexToBytes(first), optional(recovery)]), hexToBytes(nonce),
      picture ?? null, app ?? null, ...(history === false ? [false] : [])
    ],
    fromTuple: (tuple) => {
      const [name, kindNumber, ownerTuples, nonceBytes, picture, app, history] = sized(tuple, tuple.length === 7 ? 7 : 6)
      need(Array.isArray(ownerTuples) && ownerTuples.length >= 1 && ownerTuples.length <= MAX_OWNERS)
      const owners = (ownerTuples as unknown[]).map(readOwner)
      need(owners.every((owner, i) => i === 0 || byKeys(owners[i - 1] ?? owner, owner) < 0))
      const kind = oneOf(PARTY_KINDS, kindNumber)
      const nonce = bytes(nonceBytes, 16)
      const [owner] = owners
      // said where it is not so, and only there: one encoding
      need(tuple.length === 6 || history === false)
      need((kind !== 'contact' && kind !== 'person') || owners.length === 1)
      // one home for each recovery key: it is a function of that
      need(kind !== 'person' || (owner?.first === owner?.recovery && nonce === ZEROS))

      return { name: text(name, MAX_NAME, 1), kind, owners, nonce, ...pictureOf(picture), ...(app === null ? {} : { app: data(app) }), ...(history === false ? { history } : {}) }
    }
  },
  INVITE: {
    toTuple: ({ lookupId, role, uses, hosts, createdAt, expiresAt, target, data }) => [
      hexToBytes(lookupId), ROLES.indexOf(role), uses, [...hosts].sort().map(hexToBytes), fromMoment(createdAt),
      expiresAt === 0 ? null : fromMoment(expiresAt), optional(target), data ?? null
    ],
    fromTuple: (tuple) => {
      const [lookupId, role, uses, hostBytes, createdAt, expiresAt, target, more] = sized(tuple, 8)
      need(isCount(uses) && uses >= 1 && uses <= MAX_USES && Array.isArray(hostBytes) && hostBytes.length <= MAX_HOSTS)
      const hosts = (hostBytes as unknown[]).map(idBytes)
      need(hosts.every((host, i) => i === 0 || host > (hosts[i - 1] ?? '')))
      const expiry = expiresAt === null ? 0 : toMoment(expiresAt)
      need((expiry === 0) === (expiresAt === null))

      return {
        lookupId: bytes(lookupId, 16), role: oneOf(ROLES, role), uses, hosts, createdAt: toMoment(createdAt), expiresAt: expiry,
        ...(target === null ? {} : { target: idBytes(target) }), ...(more === null ? {} : { data: data(more) })
      }
    }
  },
  ADMIT: {
    toTuple: ({ invite, first, recovery, acceptance, transcript, after, info }, refer) =>
      [refer(invite), hexToBytes(first), optional(recovery), acceptance, hexToBytes(transcript), after, info == null ? null : refer(info)],
    fromTuple: (tuple, deref) => {
      const [invite, first, recovery, acceptance, transcript, after, info] = sized(tuple, 7)
      need(isCount(after) && after < 2 ** (8 * MOMENT))

      return {
        invite: deref(invite), first: idBytes(first), ...(recovery === null ? {} : { recovery: idBytes(recovery) }), acceptance: signature(acceptance),
        transcript: idBytes(transcript), after, ...(info === null ? {} : { info: deref(info) })
      }
    }
  },
  REVOKE: {
    toTuple: ({ invite, reason }, refer) => [refer(invite), reason],
    fromTuple: (tuple, deref) => {
      const [invite, reason] = sized(tuple, 2)

      return { invite: deref(invite), reason: text(reason, MAX_REASON, 0) }
    }
  },
  REMOVE: {
    toTuple: ({ person }) => [hexToBytes(person)],
    fromTuple: tuple => ({ person: idBytes(sized(tuple, 1)[0]) })
  },
  SET_ROLE: {
    toTuple: ({ person, role }) => [hexToBytes(person), ROLES.indexOf(role)],
    fromTuple: (tuple) => {
      const [person, role] = sized(tuple, 2)

      return { person: idBytes(person), role: oneOf(ROLES, role) }
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
    toTuple: ({ admit }, refer) => [refer(admit)],
    fromTuple: (tuple, deref) => ({ admit: deref(sized(tuple, 1)[0]) })
  },
  LINK: {
    toTuple: ({ key, acceptance, invite }, refer) => [hexToBytes(key), acceptance, invite == null ? null : refer(invite)],
    fromTuple: (tuple, deref) => {
      const [key, acceptance, invite] = sized(tuple, 3)

      return { key: idBytes(key), acceptance: signature(acceptance), ...(invite === null ? {} : { invite: deref(invite) }) }
    }
  },
  UNLINK: {
    toTuple: ({ key }) => [hexToBytes(key)],
    fromTuple: tuple => ({ key: idBytes(sized(tuple, 1)[0]) })
  },
  REKEY: {
    toTuple: ({ commitment, wraps }) => [hexToBytes(commitment), hexToBytes(wraps)],
    fromTuple: (tuple) => {
      const [commitment, wraps] = sized(tuple, 2)

      return { commitment: idBytes(commitment), wraps: idBytes(wraps) }
    }
  },
  INFO: {
    toTuple: ({ name, picture }) => [name, picture ?? null],
    fromTuple: (tuple) => {
      const [name, picture] = sized(tuple, 2)

      return { name: text(name, MAX_NAME, 1), ...pictureOf(picture) }
    }
  }
}

export function need (holds: boolean): asserts holds {
  if (!holds) {
    throw new ProtocolError('A log op does not have the layout of its kind')
  }
}

export function isCount (value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** 32 bytes, of a key, a person or an op, as hex. */
export function idBytes (value: unknown): string {
  return bytes(value, 32)
}

function byKeys (a: Owner, b: Owner): number {
  const one = a.first + (a.recovery ?? '')
  const other = b.first + (b.recovery ?? '')

  return one < other ? -1 : Number(one > other)
}

function readOwner (value: unknown): Owner {
  need(Array.isArray(value))
  const [first, recovery] = sized(value as unknown[], 2)

  return { first: idBytes(first), ...(recovery === null ? {} : { recovery: idBytes(recovery) }) }
}

function optional (hex: string | undefined): Uint8Array | null {
  return hex == null ? null : hexToBytes(hex)
}

function pictureOf (value: unknown): { picture?: string } {
  return value === null ? {} : { picture: text(value, MAX_PICTURE, 1) }
}

function sized (tuple: unknown[], length: number): unknown[] {
  need(tuple.length === length)
  return tuple
}

function bytes (value: unknown, length: number): string {
  need(value instanceof Uint8Array && value.length === length)
  return hexOf(value)
}

function data (value: unknown): Uint8Array {
  need(value instanceof Uint8Array && value.length <= MAX_DATA)
  return value
}

function signature (value: unknown): Uint8Array {
  need(value instanceof Uint8Array && value.length === 64)
  return value
}

function fromMoment (moment: number): Uint8Array {
  return hexToBytes(moment.toString(16).padStart(2 * MOMENT, '0'))
}

function toMoment (value: unknown): number {
  return Number.parseInt(bytes(value, MOMENT), 16)
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
