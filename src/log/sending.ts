/** What another replica is told of a log, beside the ops that it lacks. */
import { contains } from './past.js'
import type { Fact } from './fact.js'
import type { Graph } from './graph.js'
import type { Kept } from './interface.js'
import type { MemberKey, OpId } from './op.js'

/** The REMOVEs and LEAVEs of a member. */
export function endsOf (graph: Graph, member: MemberKey): Fact[] {
  return graph.about(member).filter(({ kind }) => kind === 'REMOVE' || kind === 'LEAVE')
}

/** Those, and what they rest on, but what is in the past of `known`. */
export function farewell (graph: Graph, member: MemberKey, known: OpId[]): Kept[] {
  const ends = endsOf(graph, member)

  return [...graph.since(known)].filter(({ id }) => {
    const place = graph.get(id)?.place ?? -1

    return ends.some(end => end.place === place || contains(end.past, place))
  })
}

/** Ids that tell about how far this replica is: the heads, ops at doubling distances from them, and the GENESIS. */
export function landmarks (graph: Graph): OpId[] {
  const genesis = graph.at(0)?.id
  const ids = new Set([...graph.heads].map(({ id }) => id))

  for (let back = 1; back < graph.end; back *= 2) {
    const id = graph.at(graph.end - 1 - back)?.id ?? genesis

    if (id != null) {
      ids.add(id)
    }
  }

  return [...ids, ...(genesis == null || ids.has(genesis) ? [] : [genesis])]
}
