/** What the log says of the party's key (docs/keys.md, "Epochs"): which REKEYs are current, for whom they are, and whether another is owed. */
import { contains } from './ancestors.js'
import { isAncestor } from './entry.js'
import { keysOf, keyStands } from './keys.js'
import { NOBODY } from './levels.js'
import { latestOf, membershipIn } from './standing.js'
import type { Ancestors } from './ancestors.js'
import type { Entry } from './entry.js'
import type { Evaluation } from './evaluation.js'
import type { History } from './history.js'
import type { Key } from './kinds.js'
import type { Person } from './person.js'
import type { Membership } from './standing.js'
import type { View } from './view.js'

/** A member's keys that a secret is sealed to, by class, then bytes: who links more is read by those. */
export const MAX_RECIPIENTS = 8

/** All REKEYs, void ones too, parents first. */
export function rekeysOf ({ graph }: History): Entry[] {
  return graph.shared.filter(({ kind }) => kind === 'REKEY')
}

/** REKEYs in effect that are in no other such one's past, by id: several where they were concurrent. @param past - Of those in it alone */
export function currentRekeys (history: History, past?: Ancestors): Entry[] {
  return latestOf(rekeysOf(history).filter(entry => history.view.inEffect(entry) && (past == null || contains(past, entry)))).sort((a, b) => a.id < b.id ? -1 : 1)
}

/**
 * REKEYs whose secrets a key is given where newcomers do not get what was before them: those that were current when a member
 * for whom it stands was admitted, and all that are not in such a one's past.
 */
export function givenTo (history: History, memberships: readonly Membership[]): (rekey: Entry) => boolean {
  const before = memberships.map(({ admit }) => admit == null ? [] : latestOf(rekeysOf(history).filter(rekey => history.view.inEffect(rekey) && isAncestor(rekey, admit))))

  return rekey => before.some(current => !current.some(later => isAncestor(rekey, later)))
}

/** What was current before these REKEYs: those in effect in their past that are in no other such one's past, by id. */
export function rekeysBefore (history: History, rekeys: readonly Entry[]): Entry[] {
  const before = rekeysOf(history).filter(entry => history.view.inEffect(entry) && rekeys.some(rekey => isAncestor(entry, rekey)))

  return latestOf(before.filter(entry => !rekeys.includes(entry))).sort((a, b) => a.id < b.id ? -1 : 1)
}

/** Keys of members, by what lies before a REKEY, or before one that would stand there; missing: now. */
export function recipientsOf (history: History, rekey?: Pick<Entry, 'parents' | 'ancestors'>): Key[] {
  const scope = rekey == null ? history.view : history.before(rekey)
  const members = rekey == null
    ? [...history.view.members.keys()].map(id => history.graph.person(id) as Person)
    : [...history.graph.persons()].filter(person => membershipIn(scope, person) != null)

  // a key may be two persons'
  return [...new Set(members.flatMap(person => keysOf(scope, person).slice(0, MAX_RECIPIENTS)))]
}

/** Where a REKEY stands. */
type Place = Pick<Entry, 'parents' | 'ancestors'>

/**
 * A key that may know a current secret, and stands for no member now: it had it by the REKEY, or was named by an op that the
 * REKEY has not in its past, so that a Grant or another member may have given it. A void op may have been believed once.
 *
 * @param next - Would it be so after a REKEY that stands there?
 * @returns The first one found; undefined: nothing is owed
 */
export function indebted (history: History, next?: Place): Key | undefined {
  const { graph, view } = history
  const now: Place[] = currentRekeys(history)
  const current = next == null ? now : [next, ...now.filter(rekey => !contains(next.ancestors, rekey as Entry))]

  for (const person of current.length === 0 ? [] : graph.persons()) {
    for (const key of goneKeys(view, person)) {
      const named = [...person.first === key ? person.admits : [], ...person.links?.get(key) ?? []]

      if (current.some(rekey => named.some(op => !contains(rekey.ancestors, op)) || stoodAt(history.before(rekey), person, key))) {
        return key
      }
    }
  }

  return undefined
}

/**
 * What a REKEY should have in its past, so that it pays what is owed, and none beside it stays current: the REKEYs that are,
 * and all that was said of who is out.
 */
export function owedFor (view: View): Entry[] {
  const { graph } = view
  const ends = [...graph.persons()].flatMap((person) => {
    const gone = goneKeys(view, person)

    return gone.length === 0 ? [] : [...person.words.flatMap(({ list }) => list), ...person.leaves, ...gone.flatMap(key => [...person.links?.get(key) ?? [], ...person.unlinks?.get(key) ?? []])]
  })

  return [...latestOf(graph.shared.filter(entry => entry.kind === 'REKEY' && view.inEffect(entry))), ...ends]
}

/** Keys that were a person's, and stand for no member now. */
function goneKeys (view: View, person: Person): Key[] {
  const { graph } = view
  const isMember = view.membershipOf(person.id) != null

  // most persons: a first key, and nothing that takes it away
  if (isMember && person.links == null && person.unlinks == null) {
    return []
  }

  return [...new Set([person.first, ...person.links?.keys() ?? []])].filter(key => key !== person.recovery && ![...graph.personsOf(key)].some((id) => {
    const other = graph.person(id)

    return other != null && view.membershipOf(id) != null && keyStands(view, other, key)
  }))
}

function stoodAt (past: Evaluation, person: Person, key: Key): boolean {
  return past.levelOf(person) < NOBODY && keyStands(past, person, key)
}
