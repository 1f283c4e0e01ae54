/** What the log says of the party's key (docs/keys.md, "Epochs"): which REKEYs are current, for whom they are, and whether another is owed. */
import { contains } from './ancestors.js'
import { isAncestor } from './entry.js'
import { mayKnow } from './debts.js'
import { personsNamed } from './gone-keys.js'
import { keysOf } from './keys.js'
import { latestOf, membershipIn } from './standing.js'
import type { Ancestors } from './ancestors.js'
import type { Debts, KeyHistory, Place } from './debts.js'
import type { Entry } from './entry.js'
import type { Key } from './kinds.js'
import type { Person } from './person.js'
import type { Membership } from './standing.js'
import type { View } from './view.js'

/** A member's keys that a secret is sealed to, by class, then bytes: who links more is read by those. */
export const MAX_RECIPIENTS = 8

/** All REKEYs, void ones too, parents first. */
export function rekeysOf ({ graph }: KeyHistory): Entry[] {
  return graph.shared.filter(({ kind }) => kind === 'REKEY')
}

/** The last of these, at most so many: what was signed long ago is not gone through. */
export function newestRekeys ({ graph: { shared } }: KeyHistory, most: number): Entry[] {
  const newest: Entry[] = []

  for (let i = shared.length - 1; i >= 0 && newest.length < most; i--) {
    const entry = shared[i] as Entry

    if (entry.kind === 'REKEY') {
      newest.push(entry)
    }
  }

  return newest.reverse()
}

/** REKEYs in effect that are in no other such one's past, by id: several where they were concurrent. @param past - Of those in it alone */
export function currentRekeys (history: KeyHistory, past?: Ancestors): readonly Entry[] {
  if (past == null) {
    return history.view.rekeys.all
  }

  return latestOf(rekeysOf(history).filter(entry => history.view.inEffect(entry) && contains(past, entry))).sort((a, b) => a.id < b.id ? -1 : 1)
}

/**
 * REKEYs whose secrets a key is given where newcomers do not get what was before them: those that were current when a member
 * for whom it stands was admitted, and all that are not in such a one's past.
 */
export function givenTo (history: KeyHistory, memberships: readonly Membership[]): (rekey: Entry) => boolean {
  const before = memberships.map(({ admit }) => admit == null ? [] : latestOf(rekeysOf(history).filter(rekey => history.view.inEffect(rekey) && isAncestor(rekey, admit))))

  return rekey => before.some(current => !current.some(later => isAncestor(rekey, later)))
}

/** What was current before these REKEYs: those in effect in their past that are in no other such one's past, by id. */
export function rekeysBefore (history: KeyHistory, rekeys: readonly Entry[]): Entry[] {
  const before = rekeysOf(history).filter(entry => history.view.inEffect(entry) && rekeys.some(rekey => isAncestor(entry, rekey)))

  return latestOf(before.filter(entry => !rekeys.includes(entry))).sort((a, b) => a.id < b.id ? -1 : 1)
}

/** Keys of members, by what lies before a REKEY, or before one that would stand there; missing: now. */
export function recipientsOf (history: KeyHistory, rekey?: Pick<Entry, 'parents' | 'ancestors'>): Key[] {
  const scope = rekey == null ? history.view : history.before(rekey)
  const members = rekey == null
    ? [...history.view.members.keys()].map(id => history.graph.person(id) as Person)
    : [...history.graph.persons()].filter(person => membershipIn(scope, person) != null)

  // a key may be two persons'
  return [...new Set(members.flatMap(person => keysOf(scope, person).slice(0, MAX_RECIPIENTS)))]
}

/** A key that may know a current secret, and stands for no member now. @returns One of them; undefined: nothing is owed */
export function indebted ({ debts }: { debts: Debts }): Key | undefined {
  return debts.key
}

/** Would something be owed after a REKEY that stands there? */
export function owesAfter (history: KeyHistory, next: Place): boolean {
  const { rekeys, gone } = history.view
  const current: Place[] = [next, ...rekeys.all.filter(rekey => !contains(next.ancestors, rekey))]

  return [...gone.all].some(key => current.some(rekey => mayKnow(history, rekey, key)))
}

/**
 * What a REKEY should have in its past, so that it pays what is owed, and none concurrent with it stays current: the REKEYs that are,
 * and all that was said of who is out.
 */
export function owedFor (view: View): Entry[] {
  return [...view.rekeys.all, ...[...view.gone.all].flatMap(key => personsNamed(view, key).flatMap(person => [
    ...person.words.flatMap(({ list }) => list), ...person.leaves, ...person.links?.get(key) ?? [], ...person.unlinks?.get(key) ?? []
  ]))]
}
