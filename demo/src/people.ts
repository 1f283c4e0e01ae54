import { foreign, nameAmong } from 'plus-one/elements'
import type { Member, Party } from 'plus-one'

/** What it is called, fit for a title or a sentence. */
export function partyName ({ name }: Pick<Party, 'name'>): string {
  return foreign(name) || 'a party without a name'
}

/** Somebody of these, by their key. */
export function whoIs (peerId: Member['peerId'], people: readonly Member[]): string {
  const member = byKey(people).get(peerId.toString())

  return member == null ? shortKey(peerId) : member.self ? 'you' : nameAmong(member, people)
}

function shortKey (peerId: Member['peerId']): string {
  return `…${peerId.toString().slice(-6)}`
}

/** By list: one is asked about for each row of another. */
const found = new WeakMap<readonly Member[], ReadonlyMap<string, Member>>()

function byKey (people: readonly Member[]): ReadonlyMap<string, Member> {
  const known = found.get(people) ?? new Map(people.map(member => [member.peerId.toString(), member]))
  found.set(people, known)

  return known
}

/** Everybody whom these parties know, once. */
export function everybodyOf (parties: ReadonlyArray<Pick<Party, 'members'>>): Member[] {
  return [...new Map(parties.flatMap(({ members }) => members).map(member => [member.peerId.toString(), member])).values()]
}
