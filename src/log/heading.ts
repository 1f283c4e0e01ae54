/** What an honest op says beside its payload: parents that hold all that it rests on, its author's op before it, and for whom it speaks. */
import { isAncestor } from './entry.js'
import { owedFor } from './epochs.js'
import { NOBODY } from './levels.js'
import { personIdOf } from './op.js'
import { standsForMember } from './rules.js'
import { byClaim } from './seats.js'
import type { Entry } from './entry.js'
import type { Graph } from './graph.js'
import type { Key, OpId, OpKind, PersonId } from './kinds.js'
import type { Heading } from './op.js'
import type { Payloads } from './payloads.js'
import type { Person } from './person.js'
import type { View } from './view.js'

/** What is to be said. */
export interface Saying {
  kind: OpKind
  payload: Payloads[OpKind]
}

/**
 * @param speaker - For whom to speak; where it is missing, see `speakerFor`; of who is no member, whose first key it is
 * @param most - Parents at most
 * @param heads - Under which all lies that it is to rest on
 */
export function headingFor (view: View, author: Key, speaker: PersonId | undefined, saying: Saying, most: number, heads = [...view.graph.heads]): Heading {
  const { graph } = view
  const first = [...graph.personsOf(author)].filter(id => graph.person(id)?.first === author)
  const own = speaker ?? speakerFor(view, author, saying) ?? first[0]
  const wanted = (): Entry[] => [...needed(graph, author, own, saying), ...saying.kind === 'REKEY' ? owedFor(view) : []]
  const parents = heads.length <= most ? heads : parentsFor(view, author, wanted(), most, heads)
  // its newest op in their past: none of its others goes on from it there
  const previous = graph.chains.newestBy(author, graph.ancestorsOf(parents))

  return {
    parents: parents.map(({ id }) => id),
    ...(previous == null ? {} : { previous: previous.id }),
    author,
    ...(own == null || (first.length === 1 && first[0] === own) ? {} : { speaker: own })
  }
}

/** Of the members for whom a key stands that who made the invitation which it admits by; else the first by `byClaim`. */
function speakerFor (view: View, author: Key, { kind, payload }: Saying): PersonId | undefined {
  const { graph } = view
  const inviter = kind === 'ADMIT' ? graph.get((payload as Payloads['ADMIT']).invite)?.speaker : undefined
  const own = [...graph.personsOf(author)].filter(id => standsForMember(view, author, id))

  if (inviter != null && own.includes(inviter)) {
    return inviter
  }

  return own.map((id) => {
    const { first, recovery } = graph.person(id) as Person

    return { person: id, key: first, recovery, level: view.membershipOf(id)?.level ?? NOBODY }
  }).sort(byClaim(author))[0]?.person
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

/** The author's own before others, then what is in effect, newest first. */
export function byWorth (view: View, author: Key): (a: Entry, b: Entry) => number {
  const rank = (entry: Entry): number => (entry.author === author ? 2 : 0) + (view.voidOf(entry) == null ? 1 : 0)

  return (a, b) => rank(b) - rank(a) || b.place - a.place
}

/** Of more heads than fit first those that hold what is needed, then the rest, each by worth. */
function parentsFor (view: View, author: Key, wanted: Entry[], most: number, all: Entry[]): Entry[] {
  const chosen = new Set<Entry>()
  const holds = (head: Entry, entry: Entry): boolean => head === entry || isAncestor(entry, head)
  const heads = all.sort(byWorth(view, author))

  for (const entry of wanted.sort(byWorth(view, author))) {
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
