/**
 * What each key signed: its chain, where that forks, and the rows of ops, each
 * with the one before in its past, by which pasts are told.
 */
import { eachReach } from './ancestors.js'
import { lowerBound } from './entry.js'
import { withOne } from './person.js'
import type { Ancestors } from './ancestors.js'
import type { Draft, Entry } from './entry.js'
import type { Key, OpId } from './kinds.js'

const NONE: readonly Entry[] = []
const ALL: Ancestors = { upto: Infinity }

export class Chains {
  readonly #rows: Array<readonly Entry[]> = []
  readonly #authors = new Map<Key, readonly Entry[]>()
  readonly #tips = new Map<Key, Map<OpId, Entry>>()
  readonly #forks = new Map<Key, [OpId, OpId]>()

  at (chain: number, link: number): Entry {
    return this.#rows[chain]?.[link] as Entry
  }

  /** What a key signed, parents first. */
  by (author: Key): readonly Entry[] {
    return this.#authors.get(author) ?? NONE
  }

  /** Author keys. */
  authors (): Iterable<Key> {
    return this.#authors.keys()
  }

  /** Ops of a key that no other of its ops names as previous: one, if it never forked its chain. */
  tipsOf (author: Key): Iterable<Entry> {
    return this.#tips.get(author)?.values() ?? NONE
  }

  /** Authors that signed two ops with the same one before, and the first two seen here. */
  get forks (): ReadonlyMap<Key, [OpId, OpId]> {
    return this.#forks
  }

  /** What a key signed in a past after a place here; of each row that goes on above `upto` the last alone, which has the others in its past. */
  lastBy (author: Key, place: number, past: Ancestors = ALL): Entry[] {
    const own = this.by(author)
    const found = own.slice(lowerBound(own, place + 1), lowerBound(own, past.upto))

    eachReach(past, (chain, count) => {
      const last = this.at(chain, count - 1)

      if (last.author === author && last.place > place && last.place >= past.upto) {
        found.push(last)
      }
    })

    return found
  }

  /** The newest that a key signed in a past. */
  newestBy (author: Key, past: Ancestors = ALL): Entry | undefined {
    const own = this.by(author)
    let newest = own[lowerBound(own, past.upto) - 1]

    eachReach(past, (chain, count) => {
      const last = this.at(chain, count - 1)

      if (last.author === author && last.place > (newest?.place ?? -1)) {
        newest = last
      }
    })

    return newest
  }

  /** Where an op goes: on the row of its author's op before it, where that is the last there; of a forked author's, on one that it goes on with; else a new one. */
  spotFor ({ author, previous, parents }: Draft): { chain: number, link: number } {
    const isLast = (entry: Entry | undefined): boolean => entry?.author === author && this.#rows[entry.chain]?.length === entry.link + 1
    const chain = (isLast(previous) ? previous : parents.find(isLast))?.chain ?? this.#rows.length

    return { chain, link: this.#rows[chain]?.length ?? 0 }
  }

  add (entry: Entry): void {
    const { author, previous, chain } = entry
    const tips = this.#tips.get(author)

    if (tips == null) {
      this.#tips.set(author, new Map([[entry.id, entry]]))
    } else {
      const isFork = previous == null || !tips.delete(previous.id)
      tips.set(entry.id, entry)

      if (isFork && !this.#forks.has(author)) {
        const sibling = this.by(author).find(other => other.previous === previous)

        if (sibling != null) {
          this.#forks.set(author, [sibling.id, entry.id])
        }
      }
    }

    this.#rows[chain] = withOne(this.#rows[chain], entry)
    this.#authors.set(author, withOne(this.#authors.get(author), entry))
  }
}
