/**
 * Which keys stand for a person (docs/membership-log.md, "Rule 1"): a smaller class
 * unlinks a larger one, never the other way, and what an unlinked key signed
 * elsewhere is void.
 */
import { isAncestor, levelLeftBy } from './entry.js'
import { READER } from './levels.js'
import { wordsAbove } from './standing.js'
import type { Entry } from './entry.js'
import type { Person } from './person.js'
import type { Key } from './kinds.js'
import type { Scope } from './standing.js'

const NONE: readonly Entry[] = []

/** Does this LINK or UNLINK count for whoever reads it last? Those of smaller class are decided first. */
export function keyOpCounts (scope: Scope, op: Entry): boolean {
  return standsAt(scope, op)
}

/** Does the author key of `x` stand at it? @param falls - Of UNLINKs those alone count that all of these have in their pasts */
function standsAt (scope: Scope, x: Entry, falls: readonly Entry[] = NONE, known = new Map<Entry, boolean>()): boolean {
  const person = scope.graph.person(x.speaker)

  if (person == null || x.author === person.recovery) {
    return person != null
  }

  const counts = (op: Entry): boolean => {
    if (falls.length === 0) {
      return scope.counts(op)
    }

    const answer = known.get(op) ?? standsAt(scope, op, falls, known)
    known.set(op, answer)

    return answer
  }

  const isLinked = x.author === person.first || someOf(scope, person.links, x.author, link => link.class < x.class && isAncestor(link, x) && counts(link))
  const unlinks = seenBy(falls[0], person.unlinks?.get(x.author) ?? NONE)

  return isLinked && !unlinks.some(unlink => scope.has(unlink) && voids(unlink, x) && falls.every(fall => isAncestor(unlink, fall)) && counts(unlink))
}

/** For UNLINKs of a key: a fall, and those that are in its past. None that comes later is, so many ops before one fall need one look. */
const lastSeen = new WeakMap<readonly Entry[], { fall: Entry, seen: readonly Entry[] }>()

function seenBy (fall: Entry | undefined, unlinks: readonly Entry[]): readonly Entry[] {
  if (fall == null || unlinks === NONE) {
    return unlinks
  }

  let last = lastSeen.get(unlinks)

  if (last?.fall !== fall) {
    last = { fall, seen: unlinks.filter(unlink => isAncestor(unlink, fall)) }
    lastSeen.set(unlinks, last)
  }

  return last.seen
}

/** Is this true of a LINK or UNLINK that is here, of a person's key? */
function someOf (scope: Scope, ops: Map<Key, Entry[]> | undefined, key: Key, is: (op: Entry) => boolean): boolean {
  return (ops?.get(key) ?? NONE).some(op => scope.has(op) && is(op))
}

/** Would it void `x`, if it counts? */
export function voids (unlink: Entry, x: Entry): boolean {
  return unlink.class < x.class && !isAncestor(x, unlink)
}

/**
 * Who was removed or demoted cannot erase what those above had seen: an UNLINK
 * concurrent to such a fall, which has `x` in its past, does not count for `x`.
 * What would void `x` has it not in its past, and so no fall: it is concurrent to each that has it not in its past.
 *
 * @param above - Words above this level are read
 * @param worst - A grant of a lower level than this is a fall too
 * @returns Newest first
 */
function fallsAfter (scope: Scope, x: Entry, above: number, worst: number): readonly Entry[] {
  const person = scope.graph.person(x.speaker)
  const falls: Entry[] = []

  if (person == null || !mayBeUnlinked(person, x.author)) {
    return NONE
  }

  for (const word of wordsAbove(person, above)) {
    // what has x in its past came after it
    if (word.place < x.place) {
      break
    }

    if (isFall(word, worst) && scope.has(word) && isAncestor(x, word) && scope.inEffect(word)) {
      falls.push(word)
    }
  }

  return falls
}

/** Does it take a look at UNLINKs to tell whether this key stands for the person? The first key needs no LINK. */
export function mayBeUnlinked ({ first, unlinks }: Person, key: Key): boolean {
  return unlinks != null && (key !== first || unlinks.has(first))
}

/** Does this word about a person take from it what it needs: a level, or, where that is READER, membership? */
function isFall (word: Entry, worst: number): boolean {
  return levelLeftBy(word) > worst
}

/** Rule 1 for a word: does its author key stand at it, as keys count for it? */
export function authorStands (scope: Scope, x: Entry, worst: number): boolean {
  return standsAt(scope, x, fallsAfter(scope, x, x.level, worst))
}

/** Rule 4, as an op of this level reads it: is this LEAVE in effect? */
export function leaveCounts (scope: Scope, leave: Entry, above: number): boolean {
  return standsAt(scope, leave, fallsAfter(scope, leave, Math.min(above, leave.level), READER))
}

/** The UNLINK to blame where an author key does not stand: of the smallest class, then id. */
export function blamedUnlink (scope: Scope, x: Entry): Entry | undefined {
  return scope.graph.person(x.speaker)?.unlinks?.get(x.author)?.find(unlink => voids(unlink, x) && scope.has(unlink) && scope.counts(unlink))
}

/** How far from the recovery key this key was linked, by all that is here; undefined: it never was this person's. */
export function classOf (scope: Scope, person: Person, key: Key): number | undefined {
  let least = key === person.recovery ? 0 : key === person.first ? 1 : Infinity

  for (const link of person.links?.get(key) ?? NONE) {
    if (link.class + 1 < least && scope.has(link) && scope.counts(link)) {
      least = link.class + 1
    }
  }

  return least === Infinity ? undefined : least
}

/** Does this key stand for the person by all that is here? */
export function keyStands (scope: Scope, person: Person, key: Key): boolean {
  const own = classOf(scope, person, key)

  return own != null && (own === 0 || !someOf(scope, person.unlinks, key, unlink => unlink.class < own && scope.counts(unlink)))
}

/** All keys that stand for a person but its recovery key, its first one first, then by class. */
export function keysOf (scope: Scope, person: Person): Key[] {
  // most persons: a first key, and nothing that adds to it or takes it away
  if (person.links == null && person.unlinks == null) {
    return person.first === person.recovery ? [] : [person.first]
  }

  const keys = [...new Set([person.first, ...person.links?.keys() ?? []])].filter(key => key !== person.recovery)
  const classes = new Map(keys.map(key => [key, classOf(scope, person, key) ?? Infinity]))

  return keys.filter(key => keyStands(scope, person, key)).sort((a, b) => (classes.get(a) ?? 0) - (classes.get(b) ?? 0) || (a < b ? -1 : 1))
}
