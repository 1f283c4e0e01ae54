/** What people and times are called. */
import { html } from 'lit/html.js'
import { foreign } from './foreign.js'
import type { Member } from '../interface/index.js'

/** What is looked at of a member to name them. */
export type Named = Pick<Member, 'peerId' | 'profile'>

const shortKey = ({ peerId }: Pick<Member, 'peerId'>): string => `…${peerId.toString().slice(-6)}`

/** What they call themselves, or the end of their key. */
export function nameOf (member: Named): string {
  return foreign(member.profile.displayName ?? '') || shortKey(member)
}

/** The same, with the end of their key where another of these people is called so, too: a name is whoever's who gives it to themselves. */
export function nameAmong (member: Named, ...people: ReadonlyArray<readonly Named[]>): string {
  const name = nameOf(member)
  const alike = people.some(some => alikeIn(some).get(plain(name))?.some(other => !other.peerId.equals(member.peerId)) === true)

  return alike ? `${name} (${shortKey(member)})` : name
}

/** By people, two of each name, of different keys. A list of all is named one by one: so each of them is looked at once. */
const named = new WeakMap<readonly Named[], ReadonlyMap<string, readonly Named[]>>()

function alikeIn (people: readonly Named[]): ReadonlyMap<string, readonly Named[]> {
  const known = named.get(people)

  if (known != null) {
    return known
  }

  const alike = new Map<string, Named[]>()

  for (const person of people) {
    const name = plain(nameOf(person))
    const before = alike.get(name) ?? []

    if (before.length < 2 && !before.some(other => other.peerId.equals(person.peerId))) {
      alike.set(name, [...before, person])
    }
  }

  named.set(people, alike)

  return alike
}

/** As people compare names: "BOB" is "Bob". */
const plain = (name: string): string => name.normalize('NFKC').toLowerCase()

/** A name in a sentence of whatever direction. */
export function bdi (name: string): unknown {
  return html`<bdi>${foreign(name)}</bdi>`
}

/** What is left until then, as 9:58, or 1:09:58. @param moment - ms since 1970 */
export function leftUntil (moment: number, now = Date.now()): string {
  const seconds = Math.max(0, Math.ceil((moment - now) / 1000))
  const two = (n: number): string => n.toString().padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]

  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}
