/** What the rules read of an op: one flat record, resolved against the ops before it. */
import { contains } from './ancestors.js'
import { levelGiven, NOBODY } from './levels.js'
import type { Ancestors, Placed } from './ancestors.js'
import type { Key, OpId, OpKind, PersonId, Role } from './kinds.js'
import type { SignedOp } from './op.js'

/** What an INVITE says beside its role. */
export interface Terms {
  lookupId: string
  uses: number
  hosts: PersonId[]
  createdAt: number
  expiresAt: number
  target?: Key
}

/** An op before it has a place. */
export interface Draft {
  id: OpId
  kind: OpKind
  author: Key
  /** The author key's op before it. */
  previous?: Entry
  /** The person for whom the author speaks. */
  speaker: PersonId
  /** Fixed for good by its own past; smaller is above. */
  level: number
  /** How far from the recovery key its author was linked; fixed by its own past. */
  class: number
  parents: readonly Entry[]
  signed: SignedOp
  /** Whom it is about: ADMIT, SET_ROLE, REMOVE, READOPT. */
  person?: PersonId
  /** INVITE: its role; ADMIT, READOPT, SET_ROLE: the role that it gives. */
  role?: Role
  /** ADMIT, REVOKE, LINK in a home: its INVITE. */
  invite?: Entry
  /** READOPT: its ADMIT. */
  of?: Entry
  /** ADMIT: the first key; LINK, UNLINK: the key. */
  key?: Key
  /** ADMIT */
  recovery?: Key
  /** INVITE */
  terms?: Terms
  /** ADMIT: ms after its INVITE. */
  after?: number
}

export interface Entry extends Draft, Placed {
  /** Its number among its author key's ops, along `previous`, from 0. */
  sequence: number
  /** The longest way from the GENESIS, in ops: an ancestor's is always lower. */
  depth: number
  ancestors: Ancestors
}

/** Is `a` in the past of `b`? */
export function isAncestor (a: Entry, b: Entry): boolean {
  return contains(b.ancestors, a)
}

/** Is neither in the other's past? */
export function areConcurrent (a: Entry, b: Entry): boolean {
  return a !== b && !isAncestor(a, b) && !isAncestor(b, a)
}

/** Does it make or keep someone a member? */
export function isGrant ({ kind }: Pick<Entry, 'kind'>): boolean {
  return kind === 'ADMIT' || kind === 'READOPT' || kind === 'SET_ROLE'
}

/** Does it end grants? A REMOVE those of whom it is about, a LEAVE its speaker's. */
export function isEnd ({ kind }: Pick<Entry, 'kind'>): boolean {
  return kind === 'REMOVE' || kind === 'LEAVE'
}

/** Does its effect rest on levels? */
export function isWord ({ kind }: Pick<Entry, 'kind'>): boolean {
  return kind !== 'LEAVE' && kind !== 'LINK' && kind !== 'UNLINK' && kind !== 'GENESIS'
}

/** The level that a grant gives. */
export function levelGivenBy ({ role = 'owner', level }: Entry): number {
  return levelGiven(role, level)
}

/** The level to which a word brings whom it is about. */
export function levelLeftBy (word: Entry): number {
  return word.kind === 'REMOVE' ? NOBODY : levelGivenBy(word)
}

/** By level, then id: the first is to blame, or decides, on every replica. */
export function byLevel (a: Entry, b: Entry): number {
  return a.level - b.level || (a.id < b.id ? -1 : Number(a.id > b.id))
}

/** By class, then as above: of the UNLINKs of a key the first that counts is to blame. */
export function byClass (a: Entry, b: Entry): number {
  return a.class - b.class || byLevel(a, b)
}

/** The first of these by level, then id. */
export function firstByLevel (entries: readonly Entry[]): Entry | undefined {
  let first: Entry | undefined

  for (const entry of entries) {
    if (first == null || byLevel(entry, first) < 0) {
      first = entry
    }
  }

  return first
}

/** The first index whose entry stands at this place or after. */
export function lowerBound (entries: readonly Entry[], place: number): number {
  let low = 0
  let high = entries.length

  while (low < high) {
    const middle = (low + high) >> 1

    if ((entries[middle]?.place ?? 0) < place) {
      low = middle + 1
    } else {
      high = middle
    }
  }

  return low
}
