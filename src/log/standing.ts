/** Who a person is by the words about it (docs/membership-log.md, "Rule 5" and "Rule 6"): which grants live, and which decide. */
import { contains, eachReach, NO_ANCESTORS } from './ancestors.js'
import { firstByLevel, isAncestor, isEnd, levelGivenBy, lowerBound } from './entry.js'
import { ALL, NOBODY, roleAt } from './levels.js'
import type { Ancestors } from './ancestors.js'
import type { Entry } from './entry.js'
import type { Graph } from './graph.js'
import type { Person } from './person.js'
import type { Role } from './kinds.js'

/** A part of the log that is closed under parents, and what is in effect there. */
export interface Scope {
  readonly graph: Graph
  /** What is here; all that is in the graph if missing. */
  readonly past: Ancestors | undefined
  has: (entry: Entry) => boolean
  /** Of a word: decided before what reads it. */
  inEffect: (word: Entry) => boolean
  /** Of a LINK or UNLINK. */
  counts: (keyOp: Entry) => boolean
  /** Of a LEAVE, as an op of this level reads it. */
  leaveCounts: (leave: Entry, above: number) => boolean
}

/** Why someone is a member. */
export interface Membership {
  level: number
  role: Role
  /** Of the grants that decide, the one that gives the lowest level; of several by its own level and id. Undefined for a founder. */
  grant: Entry | undefined
  /** The ADMIT that this member came by, if it came by one. */
  admit: Entry | undefined
}

export interface Standing {
  level: number
  /** The grants that decide: living, and in no later living one's past. None for a founder. */
  latest: Entry[]
}

/** Words about a person of levels above this one, newest first. */
export function * wordsAbove ({ words }: Person, above: number): Iterable<Entry> {
  const lists = words.filter(({ level }) => level < above).map(({ list }) => list)
  const ends = lists.map(list => list.length)

  for (;;) {
    let newest = -1

    for (let i = 0; i < lists.length; i++) {
      if ((ends[i] ?? 0) > 0 && (newest < 0 || last(lists, ends, i) > last(lists, ends, newest))) {
        newest = i
      }
    }

    const entry = lists[newest]?.[(ends[newest] ?? 0) - 1]

    if (entry == null) {
      return
    }

    ends[newest] = (ends[newest] ?? 0) - 1
    yield entry
  }
}

/** Words about a person and its LEAVEs, from a place on, in order. */
export function wordsFrom ({ words, leaves }: Person, from: number): Entry[] {
  return [...words.map(({ list }) => list), leaves].flatMap(list => list.slice(lowerBound(list, from))).sort((a, b) => a.place - b.place)
}

function last (lists: ReadonlyArray<readonly Entry[]>, ends: number[], i: number): number {
  return lists[i]?.[(ends[i] ?? 0) - 1]?.place ?? -1
}

/**
 * Rules 5 and 6: what the words above a level give a person.
 *
 * @param by - Those in the past of this op alone; missing: all that are here
 */
export function standingOf (scope: Scope, person: Person, above = ALL, by?: Entry): Standing {
  const past = by == null ? scope.past : by.ancestors
  const leaves = person.leaves.filter(leave => isIn(past, leave) && scope.leaveCounts(leave, above))

  if (person.isFounder && leaves.length === 0) {
    return { level: 0, latest: [] }
  }

  const latest = latestLiving(scope, person, above, past, leaves)

  return { level: lowest(latest), latest }
}

/** The level that grants give together. */
function lowest (grants: readonly Entry[]): number {
  return grants.reduce((level, grant) => Math.max(level, levelGivenBy(grant)), grants.length === 0 ? NOBODY : 0)
}

function latestLiving (scope: Scope, person: Person, above: number, past: Ancestors | undefined, leaves: readonly Entry[], which: 'grants' | 'ways' = 'grants'): Entry[] {
  const ends = [...leaves]
  const found: Entry[] = []
  const isCounted = ({ kind }: Entry): boolean => which === 'grants' || kind !== 'SET_ROLE'

  for (const { level, list, lanes } of person.words) {
    if (level >= above) {
      break
    }

    if (lanes == null) {
      for (const word of list) {
        if ((isEnd(word) || isCounted(word)) && isIn(past, word) && scope.inEffect(word)) {
          (isEnd(word) ? ends : found).push(word)
        }
      }
    } else {
      collectLast(lanes.removes, word => scope.inEffect(word), past, ends)
      collectLast(lanes[which], word => scope.inEffect(word), past, found)
    }
  }

  if (found.length < 2 && ends.length === 0) {
    return found
  }

  return latestOf(found.filter(grant => ends.every(end => isAncestor(end, grant))))
}

/** Of these ops those that are in no other's past, newest first. */
export function latestOf (entries: readonly Entry[]): Entry[] {
  const covered = new Covered()

  return [...entries].sort((a, b) => b.place - a.place).filter((entry) => {
    const isLatest = !covered.has(entry)

    if (isLatest) {
      covered.add(entry.ancestors)
    }

    return isLatest
  })
}

function isIn (past: Ancestors | undefined, entry: Entry): boolean {
  return past == null || contains(past, entry)
}

/** Of each chain the last that is in a past and counts: it has those before it in its own past. */
function collectLast (lanes: Map<number, readonly Entry[]>, counts: (word: Entry) => boolean, past: Ancestors | undefined, found: Entry[]): void {
  const collect = (lane: readonly Entry[], read: number): void => {
    for (let i = read - 1; i >= 0; i--) {
      const word = lane[i] as Entry

      if (counts(word)) {
        found.push(word)
        break
      }
    }
  }

  // lanes are in the order of their first words: none after one that begins above begins below
  for (const lane of lanes.values()) {
    if (past != null && (lane[0] as Entry).place >= past.upto) {
      break
    }

    collect(lane, countIn(lane, past))
  }

  if (past != null) {
    eachReach(past, (chain) => {
      const lane = lanes.get(chain)

      if (lane != null && (lane[0] as Entry).place >= past.upto) {
        collect(lane, countIn(lane, past))
      }
    })
  }
}

/** How many words of a lane are in a past: the first ones, as it is closed under parents. */
function countIn (lane: readonly Entry[], past: Ancestors | undefined): number {
  let read = 0

  for (let high = lane.length; read < high;) {
    const middle = (read + high) >> 1

    if (isIn(past, lane[middle] as Entry)) {
      read = middle + 1
    } else {
      high = middle
    }
  }

  return read
}

/** The union of the pasts of grants. */
class Covered {
  #most: Ancestors = NO_ANCESTORS
  readonly #chains = new Map<number, number>()

  add (past: Ancestors): void {
    this.#most = past.upto > this.#most.upto ? { upto: past.upto } : this.#most

    eachReach(past, (chain, count) => { this.#chains.set(chain, Math.max(count, this.#chains.get(chain) ?? 0)) })
  }

  has (entry: Entry): boolean {
    return contains(this.#most, entry) || (this.#chains.get(entry.chain) ?? 0) > entry.link
  }
}

/** What a person is by all that is here; undefined: no member. */
export function membershipIn (scope: Scope, person: Person): Membership | undefined {
  const { latest } = standingOf(scope, person)
  const leaves = person.leaves.filter(leave => scope.has(leave) && scope.leaveCounts(leave, ALL))

  return membershipBy(person, leaves.length > 0, latest, () => latestLiving(scope, person, ALL, scope.past, leaves, 'ways'))
}

/**
 * What its grants make of a person.
 *
 * @param latest - The grants that decide
 * @param ways - Its living ADMITs and READOPTs, the latest
 */
export function membershipBy (person: Person, hasLeft: boolean, latest: readonly Entry[], ways: () => readonly Entry[]): Membership | undefined {
  const level = person.isFounder && !hasLeft ? 0 : lowest(latest)
  const role = roleAt(level)

  if (role == null) {
    return undefined
  }

  const grant = firstByLevel(latest.filter(other => levelGivenBy(other) === level))
  const isOnlyWay = grant == null || (grant.kind === 'ADMIT' && person.admits.length === 1)
  const way = isOnlyWay ? grant : firstByLevel(ways())

  return { level, role, grant, admit: way?.kind === 'READOPT' ? way.of : way }
}
