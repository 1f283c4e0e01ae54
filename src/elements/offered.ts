/** Whom the sheet of an invitation offers to invite by their keys: members of other parties who are not in this one yet. */
import { nameOf } from './people.js'
import { searchable } from './search.js'
import type { Member } from '../interface/index.js'

/** How many have a button at once; where there are more, a name is asked for. */
const SHOWN = 8

export interface Offer {
  /** All of them. */
  readonly people: readonly Member[]
  /** Those who have a button. */
  readonly shown: readonly Member[]
  /** How many more the typed name would find. */
  readonly left: number
  /** There are so many that they are searched. */
  readonly isSearched: boolean
}

/** Either list may have thousands, and the sheet is drawn each second: they are looked through when they are others alone. */
export class Offered {
  #known: readonly Member[] = []
  #members: readonly Member[] | undefined
  #typed = ''
  #offer: Offer = { people: [], shown: [], left: 0, isSearched: false }

  /** @param members - Of the party that is invited into; undefined: nobody is offered @param typed - A part of a name */
  of (known: readonly Member[], members: readonly Member[] | undefined, typed: string): Offer {
    const isSame = known === this.#known && members === this.#members

    if (!isSame || typed !== this.#typed) {
      const people = isSame ? this.#offer.people : strangersTo(members, known)
      const found = typed.trim() === '' ? people : people.filter(member => searchable(nameOf(member)).includes(searchable(typed.trim())))
      this.#known = known
      this.#members = members
      this.#typed = typed
      this.#offer = { people, shown: found.slice(0, SHOWN), left: Math.max(0, found.length - SHOWN), isSearched: people.length > SHOWN }
    }

    return this.#offer
  }
}

function strangersTo (members: readonly Member[] | undefined, known: readonly Member[]): readonly Member[] {
  const inside = new Set(members?.map(({ peerId }) => peerId.toString()))

  return members == null ? [] : known.filter(({ peerId, self }) => !self && !inside.has(peerId.toString()))
}
