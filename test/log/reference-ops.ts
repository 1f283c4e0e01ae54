/** The ops of docs/membership-log.md as the reference takes them, and what is fixed of each for good by its own past. */
import { encode } from '@ipld/dag-cbor'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'

export type OpId = string
export type Key = string
export type PersonId = string
export type Role = 'owner' | 'admin' | 'writer' | 'reader'
export type PartyKind = 'community' | 'group' | 'contact' | 'person'

export interface Payloads {
  GENESIS: { name: string, kind: PartyKind, owners: Array<{ first: Key, recovery?: Key }>, nonce: string, picture?: string, app?: string }
  INVITE: { lookupId: string, role: Role, uses: number, hosts: PersonId[], createdAt: number, expiresAt: number, target?: Key, data?: string }
  ADMIT: { invite: OpId, first: Key, recovery?: Key, acceptance: string, transcript: string, after: number, info?: OpId }
  REVOKE: { invite: OpId, reason: string }
  REMOVE: { person: PersonId }
  SET_ROLE: { person: PersonId, role: Role }
  LEAVE: object
  READOPT: { admit: OpId }
  LINK: { key: Key, acceptance: string, invite?: OpId }
  UNLINK: { key: Key }
  REKEY: { commitment: string, wraps: string }
  INFO: { name: string, picture?: string }
}

export type Kind = keyof Payloads

/** @template K - kinds; of several it is a union that `kind` tells apart */
export type Op<K extends Kind = Kind> = { [One in K]: {
  id: OpId
  kind: One
  parents: OpId[]
  previous?: OpId
  author: Key
  speaker?: PersonId
  payload: Payloads[One]
} }[K]

/** Levels: owners 0 to 15, then these. Smaller is above. */
export const ADMINS = 16
export const DOORS = 17
export const MEMBERS = 18

export type Word = 'INVITE' | 'ADMIT' | 'REVOKE' | 'REMOVE' | 'SET_ROLE' | 'READOPT' | 'REKEY' | 'INFO'
export type Grant = 'ADMIT' | 'SET_ROLE' | 'READOPT'

const WORDS = new Set<Kind>(['INVITE', 'ADMIT', 'REVOKE', 'REMOVE', 'SET_ROLE', 'READOPT', 'REKEY', 'INFO'])
const GRANTS = new Set<Kind>(['ADMIT', 'SET_ROLE', 'READOPT'])

/** An authorised op with what its own past says of it: no later op changes that. */
export interface Known<K extends Kind = Kind> {
  op: Op<K>
  past: Set<OpId>
  /** The longest way from GENESIS. */
  depth: number
  speaker: PersonId
  level: number
  class: number
}

export const is = <K extends Kind>(...kinds: K[]) => (known: Known): known is Known<K> => (kinds as Kind[]).includes(known.op.kind)
export const isWord = (known: Known): known is Known<Word> => WORDS.has(known.op.kind)
export const isGrant = (known: Known): known is Known<Grant> => GRANTS.has(known.op.kind)

export const isAncestor = (a: Known, b: Known): boolean => b.past.has(a.op.id)
export const areConcurrent = (a: Known, b: Known): boolean => a !== b && !isAncestor(a, b) && !isAncestor(b, a)

const personIds = new Map<Key, Map<Key | undefined, PersonId>>()

/** A person's name fixes its first key and its recovery key. */
export function personId (first: Key, recovery?: Key): PersonId {
  const ofFirst = personIds.get(first) ?? new Map<Key | undefined, PersonId>()
  const id = ofFirst.get(recovery) ?? bytesToHex(sha256(encode([hexToBytes(first), recovery == null ? null : hexToBytes(recovery)])))
  personIds.set(first, ofFirst.set(recovery, id))
  return id
}

/** The seats that ops name, in effect or not. */
export function seatsOf (here: Known[]): Map<PersonId, { first: Key, recovery?: Key }> {
  const named = here.flatMap(({ op }) => op.kind === 'GENESIS' ? op.payload.owners : op.kind === 'ADMIT' ? [op.payload] : [])

  return new Map(named.map(({ first, recovery }) => [personId(first, recovery), { first, recovery }]))
}

/** "May give" of docs/membership-log.md. */
export function mayGive (level: number, role: Role): boolean {
  return role === 'owner' ? level <= 14 : role === 'admin' ? level < ADMINS : level <= ADMINS
}
