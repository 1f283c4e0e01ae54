/** How kept ops lie in the store: what the rules read of them in front, so that a log opens without decoding a body. */
import { concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { hexOf } from './hex.js'
import { OP_KINDS, ROLES } from './kinds.js'
import type { Draft, Entry } from './entry.js'
import type { Key, OpId, PersonId } from './kinds.js'
import type { SignedOp } from './op.js'

/** Ops in a full record. */
export const RECORD_SIZE = 64

/** The place where the record of an op begins. */
export function recordOf (place: number): number {
  return place - place % RECORD_SIZE
}

/**
 * id, kind, author and speaker (by their places in the record's lists), distances to the parents (0: the op before) and to the author
 * key's op before it (0: none), level, class, bytes of the body, then what its kind has.
 */
type Row = [OpId, number, number, number, number[] | 0, number, number, number, number, ...unknown[]]

/** Where a row has what its kind has. */
const DETAILS = 9

interface Head {
  /** The trail of all ops before it: what is named by its place here is what lay there. */
  follows: number
  authors: Key[]
  speakers: PersonId[]
  rows: Row[]
}

const SIGNATURE = 64
const LOOKUP_ID = 16
const KEY = 32
const decoder = new TextDecoder()

/** Ids in their order, as one number: places that were written on top of others have another trail. 32 bits; a disk's accidents do not look for collisions. */
export function trailAfter (trail: number, id: OpId): number {
  // FNV-1a, by the word: ids are hashes
  return Math.imul(trail ^ Number.parseInt(id.slice(0, 8), 16), 0x01000193) >>> 0
}

/** @param follows - The trail of all ops before them */
export function encodeRecord (entries: readonly Entry[], follows: number): Uint8Array {
  const authors: Key[] = []
  const speakers: PersonId[] = []
  const rows = entries.map((entry): Row => {
    const distances = entry.parents.map(({ place }) => entry.place - place)

    return [
      entry.id, OP_KINDS.indexOf(entry.kind), placeIn(authors, entry.author), placeIn(speakers, entry.speaker), distances.length === 1 && distances[0] === 1 ? 0 : distances,
      entry.previous == null ? 0 : entry.place - entry.previous.place, entry.level, entry.class, entry.signed.body.length, ...detailsOf(entry)
    ]
  })
  const head = utf8ToBytes(JSON.stringify({ follows, authors, speakers, rows } satisfies Head))
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, head.length)

  return concatBytes(length, head, ...entries.flatMap(({ signed }) => [signed.body, signed.sig]))
}

/** An op in its record: what only its signature and other nodes need is read when they do. */
class StoredOp implements SignedOp {
  readonly #record: Uint8Array
  readonly #at: number
  readonly #size: number

  constructor (record: Uint8Array, at: number, size: number) {
    this.#record = record
    this.#at = at
    this.#size = size
  }

  get body (): Uint8Array {
    return this.#record.subarray(this.#at, this.#at + this.#size)
  }

  get sig (): Uint8Array {
    return this.#record.subarray(this.#at + this.#size, this.#at + this.#size + SIGNATURE)
  }
}

/**
 * Gives each op of a record to `take`, which puts it at its place.
 *
 * @param trail - That of all ops before that place
 * @param at - The op at a place before
 * @throws {RangeError} It was written after other ops, or is cut.
 */
export function decodeRecord (bytes: Uint8Array, place: number, trail: number, at: (place: number) => Entry, take: (draft: Draft) => void): void {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  const { follows, authors, speakers, rows } = JSON.parse(decoder.decode(bytes.subarray(4, 4 + length))) as Head
  let offset = 4 + length

  if (follows !== trail) {
    throw new RangeError('A record follows on other ops')
  }

  for (const row of rows) {
    const [id, kind, author, speaker, distances, previous, level, own, size] = row
    const here = place++
    const back = (distance: number): Entry => at(here - distance)
    const end = offset + size + SIGNATURE

    if (end > bytes.length) {
      throw new RangeError('A record is cut')
    }

    // each field named, so that all have one shape
    const draft: Draft = {
      id,
      kind: OP_KINDS[kind] ?? 'GENESIS',
      author: authors[author] ?? '',
      previous: previous === 0 ? undefined : back(previous),
      speaker: speakers[speaker] ?? '',
      level,
      class: own,
      parents: distances === 0 ? [back(1)] : distances.map(back),
      signed: new StoredOp(bytes, offset, size),
      person: undefined,
      role: undefined,
      invite: undefined,
      of: undefined,
      key: undefined,
      recovery: undefined,
      terms: undefined,
      after: undefined
    }

    addDetails(draft, row, back)
    take(draft)
    offset = end
  }
}

/** The ops of a record whose places are lost, as far as it can be read; their signatures are to be checked. */
export function opsIn (bytes: Uint8Array): SignedOp[] {
  const ops: SignedOp[] = []

  try {
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
    let offset = 4 + length

    for (const [,,,,,,,, size] of (JSON.parse(decoder.decode(bytes.subarray(4, 4 + length))) as Head).rows) {
      ops.push({ body: bytes.subarray(offset, offset + size), sig: bytes.subarray(offset + size, offset + size + SIGNATURE) })
      offset += size + SIGNATURE
    }
  } catch {
    // what was read before is good
  }

  return ops
}

function placeIn (list: string[], value: string): number {
  const place = list.indexOf(value)

  return place < 0 ? list.push(value) - 1 : place
}

/** Where the body says this: so that it is not said twice. */
function whereIn ({ signed: { body } }: Entry, hex: string): number {
  const bytes = hexToBytes(hex)

  return body.findIndex((_, i) => bytes.every((byte, j) => body[i + j] === byte))
}

/** Hex of what stands there in the body. */
function read ({ signed: { body } }: Draft, from: unknown, length: number): string {
  return hexOf(body.subarray(from as number, from as number + length))
}

function detailsOf (entry: Entry): unknown[] {
  const { kind, place, person, role = 'owner', invite, of, key = '', recovery, terms, after } = entry
  const back = (other: Entry | undefined): number => place - (other?.place ?? 0)

  switch (kind) {
    case 'INVITE': return [ROLES.indexOf(role), whereIn(entry, terms?.lookupId ?? ''), terms?.uses, terms?.createdAt, terms?.expiresAt, terms?.target ?? 0, ...terms?.hosts ?? []]
    case 'ADMIT': return [back(invite), person, whereIn(entry, key), recovery == null ? -1 : whereIn(entry, recovery), after]
    case 'REVOKE': return [back(invite)]
    case 'REMOVE': return [person]
    case 'SET_ROLE': return [person, ROLES.indexOf(role)]
    case 'READOPT': return [back(of)]
    case 'LINK': return [key, invite == null ? 0 : back(invite)]
    case 'UNLINK': return [key]
    default: return []
  }
}

/** Completes a draft in place: a log has many. */
function addDetails (draft: Draft, row: Row, back: (distance: number) => Entry): void {
  const first = row[DETAILS]
  const second = row[DETAILS + 1]
  const third = row[DETAILS + 2]
  const fourth = row[DETAILS + 3]
  const fifth = row[DETAILS + 4]

  switch (draft.kind) {
    case 'INVITE':
      draft.role = ROLES[first as number]
      draft.terms = {
        lookupId: read(draft, second, LOOKUP_ID), uses: third as number, hosts: row.slice(DETAILS + 6) as PersonId[], createdAt: fourth as number, expiresAt: fifth as number,
        target: row[DETAILS + 5] === 0 ? undefined : row[DETAILS + 5] as Key
      }
      break
    case 'ADMIT':
      draft.invite = back(first as number)
      draft.person = second as PersonId
      draft.key = read(draft, third, KEY)
      draft.after = fifth as number
      draft.role = draft.invite.role

      if (fourth !== -1) {
        draft.recovery = read(draft, fourth, KEY)
      }

      break
    case 'REVOKE':
      draft.invite = back(first as number)
      break
    case 'REMOVE':
      draft.person = first as PersonId
      break
    case 'SET_ROLE':
      draft.person = first as PersonId
      draft.role = ROLES[second as number]
      break
    case 'READOPT':
      draft.of = back(first as number)
      draft.person = draft.of.person
      draft.role = draft.of.role
      break
    case 'LINK':
      draft.key = first as Key

      if (second !== 0) {
        draft.invite = back(second as number)
      }

      break
    case 'UNLINK':
      draft.key = first as Key
      break
    default:
  }
}
