/**
 * Ops of the membership log (docs/membership-log.md, "Format"): what they hold, and
 * their one encoding. Ids, keys and persons are hex strings here, bytes on the wire.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { decode, decodeStrict, encode } from '../codec/index.js'
import { ProtocolError } from '../errors.js'
import { hexOf } from './hex.js'
import { OP_KINDS } from './kinds.js'
import { isCount, idBytes, need, payloads } from './payloads.js'
import type { Key, OpId, OpKind, PersonId } from './kinds.js'
import type { Payloads } from './payloads.js'

/** The version of ops that this plus-one writes. */
export const OP_VERSION = 2

/** Bytes of a body; a GENESIS with a long name, app data and 16 owners needs about 3 KiB. */
export const MAX_BODY = 4096

/** Parents of an op: more heads than that are merged by several ops. */
export const MAX_PARENTS = 16

const SIGNATURE_PREFIX = utf8ToBytes('plus-one-log/2\0')

/** An op as it travels: `id` is not sent. */
export interface SignedOp {
  body: Uint8Array
  /** Ed25519, 64 bytes. */
  sig: Uint8Array
}

/** What an op says beside its payload. */
export interface Heading {
  parents: OpId[]
  /** The author key's op before it; missing where the key has none in the op's past. */
  previous?: OpId
  author: Key
  /** Whom the author speaks for; missing where the author is the first key of that person, and of no other, in the op's past. */
  speaker?: PersonId
}

interface OpOf<K extends OpKind> extends Heading {
  id: OpId
  kind: K
  payload: Payloads[K]
  signed: SignedOp
}

export type Op = { [K in OpKind]: OpOf<K> }[OpKind]
export type AnyOp<K extends OpKind = OpKind> = Extract<Op, { kind: K }>

/** An op of a version, kind or extension that this plus-one does not know: kept unjudged. */
export interface UnknownOp {
  id: OpId
  kind: 'UNKNOWN'
  parents: OpId[]
  author: Key
  signed: SignedOp
}

export function opIdOf (body: Uint8Array): OpId {
  return hexOf(sha256(body))
}

/** The person that a first key and a recovery key make. */
export function personIdOf (first: Key, recovery?: Key): PersonId {
  return hexOf(sha256(encode([hexToBytes(first), recovery == null ? null : hexToBytes(recovery)])))
}

/** The bytes that an author signs: its party is bound, so no op can be replayed into another. */
export function signingBytes (genesis: OpId, body: Uint8Array): Uint8Array {
  return concatBytes(SIGNATURE_PREFIX, hexToBytes(genesis), body)
}

/** A body's canonical bytes: version, kind, parents, author, previous, speaker, payload, and a map for what later versions add. */
export function encodeOpBody <K extends OpKind> (kind: K, { parents, previous, author, speaker }: Heading, payload: Payloads[K]): Uint8Array {
  const sorted = [...parents].sort()
  const refer = (id: OpId): unknown => sorted.includes(id) ? sorted.indexOf(id) : hexToBytes(id)
  const tuple = payloads[kind].toTuple as (payload: unknown, refer: (id: OpId) => unknown) => unknown[]

  return encode([
    OP_VERSION, OP_KINDS.indexOf(kind), sorted.map(hexToBytes), hexToBytes(author), previous == null ? null : refer(previous),
    speaker == null ? null : hexToBytes(speaker), tuple(payload, refer), {}
  ])
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
  need(Array.isArray(tuple) && tuple.length >= 4 && signed.sig.length === 64)
  const [version, kindNumber, parentBytes, authorBytes, previousBytes, speakerBytes, payloadTuple, rest] = tuple as unknown[]

  need(isCount(version) && isCount(kindNumber) && Array.isArray(parentBytes) && parentBytes.length <= MAX_PARENTS)

  if (version < OP_VERSION) {
    throw new ProtocolError('This op is of version 1 of the membership log, which no plus-one reads any more; begin the party anew')
  }

  const parents = (parentBytes as unknown[]).map(idBytes)
  need(parents.every((parent, i) => i === 0 || parent > (parents[i - 1] ?? '')))

  const kind = OP_KINDS[kindNumber]
  const author = idBytes(authorBytes)

  if (version !== OP_VERSION || kind == null || isExtended(rest)) {
    need(parents.length > 0)
    return { id, kind: 'UNKNOWN', parents, author, signed }
  }

  const deref = (value: unknown): OpId => {
    const named = isCount(value) ? parents[value] : idBytes(value)
    need(named != null && isCount(value) === parents.includes(named))
    return named
  }

  const isGenesis = kind === 'GENESIS'
  need(tuple.length === 8 && isEmptyMap(rest) && Array.isArray(payloadTuple) && isGenesis === (parents.length === 0) && (!isGenesis || (previousBytes === null && speakerBytes === null)))
  const payload = payloads[kind].fromTuple(payloadTuple as unknown[], deref)
  need(!isGenesis || (payload as Payloads['GENESIS']).owners.some(({ first }) => first === author))

  return {
    id,
    kind,
    parents,
    ...(previousBytes === null ? {} : { previous: deref(previousBytes) }),
    author,
    ...(speakerBytes === null ? {} : { speaker: idBytes(speakerBytes) }),
    payload,
    signed
  } as Op
}

function isMap (value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}

function isEmptyMap (value: unknown): boolean {
  return isMap(value) && Object.keys(value).length === 0
}

/** Does it say more than this version knows? */
function isExtended (rest: unknown): boolean {
  return isMap(rest) && Object.keys(rest).length > 0
}
