/** How kept ops lie in the store: what the rules read of them in front, so that a log opens without decoding a body. */
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { OP_KINDS, ROLES } from './op.js'
import type { Draft, Fact } from './fact.js'
import type { MemberKey, OpId } from './op.js'

/** Ops in a full record. */
export const RECORD_SIZE = 64

/** id, kind, author (by its place in the record's list), distances to the parents (0: the op before), bytes of the body, then what its kind has. */
type Row = [OpId, number, number, number[] | 0, number, ...unknown[]]

interface Head {
  authors: MemberKey[]
  /** 0: a hole. */
  rows: Array<Row | 0>
}

const SIGNATURE = 64
const decoder = new TextDecoder()

/** The ops at some places in a row; undefined for a hole. */
export function encodeRecord (facts: Array<Fact | undefined>): Uint8Array {
  const authors: MemberKey[] = []
  const rows = facts.map((fact): Row | 0 => {
    if (fact == null) {
      return 0
    }

    if (!authors.includes(fact.author)) {
      authors.push(fact.author)
    }

    const distances = fact.parents.map(place => fact.place - place)

    return [
      fact.id, OP_KINDS.indexOf(fact.kind), authors.indexOf(fact.author), distances.length === 1 && distances[0] === 1 ? 0 : distances,
      fact.signed.body.length, ...detailsOf(fact)
    ]
  })
  const head = utf8ToBytes(JSON.stringify({ authors, rows } satisfies Head))
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, head.length)

  return concatBytes(length, head, ...facts.flatMap(fact => fact == null ? [] : [fact.signed.body, fact.signed.sig]))
}

/**
 * Gives each op of a record to `take`, which puts it at its place, or undefined for a hole.
 *
 * @param at - The op at a place before
 */
export function decodeRecord (bytes: Uint8Array, place: number, at: (place: number) => Fact, take: (draft: Draft | undefined) => void): void {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  const { authors, rows } = JSON.parse(decoder.decode(bytes.subarray(4, 4 + length))) as Head
  let offset = 4 + length

  for (const row of rows) {
    if (row === 0) {
      take(undefined)
    } else {
      const [id, kind, author, distances, size, ...details] = row
      const end = offset + size + SIGNATURE

      if (end > bytes.length) {
        throw new RangeError('A record is cut')
      }

      const draft: Draft = {
        id,
        kind: OP_KINDS[kind] ?? 'GENESIS',
        author: authors[author] ?? '',
        parents: distances === 0 ? [at(place - 1).id] : distances.map(distance => at(place - distance).id),
        signed: { body: bytes.subarray(offset, offset + size), sig: bytes.subarray(offset + size, end) }
      }

      addDetails(draft, details, distance => at(place - distance))
      take(draft)
      offset = end
    }

    place++
  }
}

function detailsOf ({ kind, place, member, role = 'owner', invite, of, terms, after }: Fact): unknown[] {
  const back = (fact: Fact | undefined): number => place - (fact?.place ?? 0)

  switch (kind) {
    case 'GENESIS': return []
    case 'INVITE': return [ROLES.indexOf(role), terms?.lookupId, terms?.uses, terms?.createdAt, terms?.expiresAt, terms?.target ?? 0]
    case 'ADMIT': return [back(invite), member, after]
    case 'REVOKE': return [back(invite)]
    case 'REMOVE': return [member]
    case 'SET_ROLE': return [member, ROLES.indexOf(role)]
    case 'LEAVE': return [back(of)]
    case 'READOPT': return [back(of)]
  }
}

/** Completes a draft in place: a log has many. */
function addDetails (draft: Draft, details: unknown[], back: (distance: number) => Fact): void {
  const [first, second, third, fourth, fifth, sixth] = details

  switch (draft.kind) {
    case 'GENESIS': break
    case 'INVITE':
      draft.role = ROLES[first as number]
      draft.terms = { lookupId: second as string, uses: third as number, createdAt: fourth as number, expiresAt: fifth as number, ...(sixth === 0 ? {} : { target: sixth as MemberKey }) }
      break
    case 'ADMIT':
      draft.invite = back(first as number)
      draft.member = second as MemberKey
      draft.after = third as number
      draft.role = draft.invite.role
      break
    case 'REVOKE':
      draft.invite = back(first as number)
      break
    case 'REMOVE':
      draft.member = first as MemberKey
      break
    case 'SET_ROLE':
      draft.member = first as MemberKey
      draft.role = ROLES[second as number]
      break
    case 'LEAVE':
      draft.member = draft.author
      draft.of = back(first as number)
      break
    case 'READOPT':
      draft.of = back(first as number)
      draft.member = draft.of.member
      draft.role = draft.of.role
      break
  }
}
