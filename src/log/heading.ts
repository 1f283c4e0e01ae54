/** What an honest op says beside its payload: parents that hold all that it rests on, its author's op before it, and for whom it speaks. */
import { isAncestor } from './entry.js'
import { personIdOf } from './op.js'
import { standsForMember } from './rules.js'
import type { Entry } from './entry.js'
import type { Graph } from './graph.js'
import type { Key, OpId, OpKind, PersonId } from './kinds.js'
import type { Heading } from './op.js'
import type { Payloads } from './payloads.js'
import type { View } from './view.js'

/** What is to be said. */
export interface Saying {
  kind: OpKind
  payload: Payloads[OpKind]
}

/**
 * @param speaker - For whom to speak; where it is missing, the person of whom the author is the first key, or for which it stands
 * @param most - Parents at most
 * @param heads - Under which all lies that it is to rest on
 */
export function headingFor (view: View, author: Key, speaker: PersonId | undefined, saying: Saying, most: number, heads = [...view.graph.heads]): Heading {
  const { graph } = view
  const persons = [...graph.personsOf(author)]
  const first = persons.filter(id => graph.person(id)?.first === author)
  const [own = persons.find(id => standsForMember(view, author, id))] = speaker == null ? first : [speaker]
  const parents = parentsFor(view, author, needed(graph, author, own, saying), most, heads)
  // its newest op in their past: none of its others goes on from it there
  const previous = graph.chains.newestBy(author, graph.pastOf(parents))

  return {
    parents: parents.map(({ id }) => id),
    ...(previous == null ? {} : { previous: previous.id }),
    author,
    ...(own == null || (first.length === 1 && first[0] === own) ? {} : { speaker: own })
  }
}

/** What its verdict rests on: the author's own newest, and what was said of whom and what it is about. */
function needed (graph: Graph, author: Key, speaker: PersonId | undefined, { payload }: Saying): Entry[] {
  const named = payload as Partial<Payloads['ADMIT'] & Payloads['REMOVE'] & Payloads['READOPT']>
  const byId = (id: OpId | undefined): Entry[] => [graph.get(id ?? '') ?? []].flat()
  const admit = byId(named.admit)
  const invite = [...byId(named.invite), ...admit.flatMap(({ invite: one }) => one ?? [])]
  const about = [speaker, named.person, admit[0]?.person, named.first == null ? undefined : personIdOf(named.first, named.recovery)]

  return [
    ...graph.chains.tipsOf(author), ...invite, ...admit, ...byId(named.info), ...invite.flatMap(one => [...graph.revokesOf(one), ...graph.admitsOf(one)]),
    ...about.flatMap((id) => {
      const person = graph.person(id ?? '')

      return person == null ? [] : [...person.words.flatMap(({ list }) => list), ...person.leaves, ...[person.links, person.unlinks].flatMap(ops => [...ops?.values() ?? []].flat())]
    })
  ]
}

/** Where what is here ends, without some ops and what rests on them. */
export function headsWithout (graph: Graph, ids: readonly OpId[]): Entry[] {
  const out = new Set(ids.flatMap(id => graph.get(id) ?? []))
  const heads = new Set<Entry>()

  for (const entry of graph.entries) {
    if (out.has(entry) || entry.parents.some(parent => out.has(parent))) {
      out.add(entry)
    } else {
      entry.parents.forEach(parent => { heads.delete(parent) })
      heads.add(entry)
    }
  }

  return [...heads]
}

/** All heads; of more than fit first those that hold what is needed, the author's own before others, then what is in effect, then the rest, newest first. */
function parentsFor (view: View, author: Key, wanted: Entry[], most: number, heads: Entry[]): Entry[] {
  if (heads.length <= most) {
    return heads
  }

  const rank = (entry: Entry): number => (entry.author === author ? 2 : 0) + (view.voidOf(entry) == null ? 1 : 0)
  const byWorth = (a: Entry, b: Entry): number => rank(b) - rank(a) || b.place - a.place
  const chosen = new Set<Entry>()
  const holds = (head: Entry, entry: Entry): boolean => head === entry || isAncestor(entry, head)
  heads.sort(byWorth)

  for (const entry of wanted.sort(byWorth)) {
    if (chosen.size < most && ![...chosen].some(head => holds(head, entry))) {
      const head = heads.find(other => holds(other, entry))

      if (head != null) {
        chosen.add(head)
      }
    }
  }

  for (const head of heads) {
    if (chosen.size < most) {
      chosen.add(head)
    }
  }

  return [...chosen]
}
