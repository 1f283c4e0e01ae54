/** What another replica is told of a log: by chains, by heads, or what certain ops rest on. */
import { contains } from './ancestors.js'
import { isAncestor } from './entry.js'
import type { Entry } from './entry.js'
import type { Graph } from './graph.js'
import type { Key, OpId } from './kinds.js'

/** Where a key's chain ends, on one side of a fork. */
export interface ChainTip {
  id: OpId
  /** The op's number along `previous`, from 0: the same on every replica. */
  sequence: number
}

/** A key's newest ops, by id: one, if it never forked its chain. */
export function chainOf (graph: Graph, author: Key): ChainTip[] {
  return [...graph.chains.tipsOf(author)].map(({ id, sequence }) => ({ id, sequence })).sort((a, b) => a.id < b.id ? -1 : 1)
}

/** Ids of a trail, at most; and tips that it begins at. */
const MAX_TRAIL = 24

/** Ids on the way back from a key's tips, at doubling distances, so that who holds another side of a fork finds where they part. */
export function trailOf (graph: Graph, author: Key): OpId[] {
  const ids = new Set<OpId>()

  for (const tip of [...graph.chains.tipsOf(author)].slice(0, MAX_TRAIL)) {
    for (let at = tip.previous, back = 1; at != null && ids.size < MAX_TRAIL; at = at.previous, back++) {
      // 1, 2, 4, 8 …
      if ((back & (back - 1)) === 0) {
        ids.add(at.id)
      }
    }
  }

  return [...ids]
}

/** What is here and neither known nor in the past of what is; ids that are not here are ahead of us. Parents first; costs what it finds. */
export function * since (graph: Graph, known: readonly OpId[]): Iterable<Entry> {
  const past = graph.ancestorsOf(known.flatMap(id => graph.get(id) ?? []))

  for (let place = past.upto; place < graph.end; place++) {
    const entry = graph.at(place)

    if (!contains(past, entry)) {
      yield entry
    }
  }
}

/**
 * A key's ops that are neither these tips nor before them along `previous`,
 * parents first: all branches are gone down side by side, so that it costs
 * what lies between their ends and where they part, whoever chose the tips.
 */
export function after (graph: Graph, author: Key, tips: readonly OpId[]): Entry[] {
  const ends = [...graph.chains.tipsOf(author)].sort(bySequence)
  const known = tips.flatMap(id => graph.get(id) ?? []).filter(tip => tip.author === author).sort(bySequence)
  const found: Entry[] = []
  let theirs = new Set<Entry>()
  let missing = new Set<Entry>()

  for (let at = Math.max(ends.at(-1)?.sequence ?? -1, known.at(-1)?.sequence ?? -1); missing.size > 0 || ends.length > 0; at--) {
    takeAt(known, at, theirs)
    takeAt(ends, at, missing)
    theirs.forEach(entry => missing.delete(entry))
    found.push(...missing)
    theirs = before(theirs)
    missing = before(missing)
  }

  return found.sort((a, b) => a.place - b.place)
}

function bySequence (a: Entry, b: Entry): number {
  return a.sequence - b.sequence
}

/** Takes those of one number from the end of a list. */
function takeAt (list: Entry[], sequence: number, into: Set<Entry>): void {
  while (list.at(-1)?.sequence === sequence) {
    into.add(list.pop() as Entry)
  }
}

function before (entries: Set<Entry>): Set<Entry> {
  return new Set([...entries].flatMap(({ previous }) => previous ?? []))
}

/** These ops and all that they rest on, without what is known and its past; parents first. */
export function evidence (graph: Graph, of: readonly OpId[], known: readonly OpId[]): Entry[] {
  const ends = of.flatMap(id => graph.get(id) ?? [])

  return [...since(graph, known)].filter(entry => ends.some(end => end === entry || isAncestor(entry, end)))
}
