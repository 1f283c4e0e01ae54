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
  return [...graph.tipsOf(author)].map(({ id, sequence }) => ({ id, sequence })).sort((a, b) => a.id < b.id ? -1 : 1)
}

/** Ids of a trail, at most. */
const MAX_TRAIL = 24

/** Ids on the way back from a key's tips, at doubling distances, so that who holds another side of a fork finds where they part. */
export function trailOf (graph: Graph, author: Key): OpId[] {
  const ids = new Set<OpId>()

  for (const tip of graph.tipsOf(author)) {
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
  const past = graph.pastOf(known.flatMap(id => graph.get(id) ?? []))

  for (let place = past.upto; place < graph.end; place++) {
    const entry = graph.at(place)

    if (!contains(past, entry)) {
      yield entry
    }
  }
}

/** A key's ops that are neither these tips nor before them along `previous`, parents first; costs what it finds. */
export function after (graph: Graph, author: Key, tips: readonly OpId[]): Entry[] {
  const known = tips.flatMap(id => graph.get(id) ?? []).filter(tip => tip.author === author)
  const reached = new Set<Entry>(known)
  const found = new Set<Entry>()
  // how far down each tip's own branch is known
  const floor = known.reduce((least, { sequence }) => Math.min(least, sequence), Infinity)

  for (const tip of known) {
    for (let at = tip.previous; at != null && at.sequence >= floor; at = at.previous) {
      reached.add(at)
    }
  }

  for (const tip of graph.tipsOf(author)) {
    for (let at: Entry | undefined = tip; at != null && !reached.has(at) && !found.has(at) && !isBelow(at, known, floor); at = at.previous) {
      found.add(at)
    }
  }

  return [...found].sort((a, b) => a.place - b.place)
}

/** Under all that is known, an op is known if one of the tips goes back to it. */
function isBelow (entry: Entry, known: readonly Entry[], floor: number): boolean {
  return entry.sequence < floor && known.some((tip) => {
    let at: Entry | undefined = tip

    while (at != null && at.sequence > entry.sequence) {
      at = at.previous
    }

    return at === entry
  })
}

/** These ops and all that they rest on, without what is known and its past; parents first. */
export function evidence (graph: Graph, of: readonly OpId[], known: readonly OpId[]): Entry[] {
  const ends = of.flatMap(id => graph.get(id) ?? [])

  return [...since(graph, known)].filter(entry => ends.some(end => end === entry || isAncestor(entry, end)))
}
