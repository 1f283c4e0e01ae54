/** What is to be judged anew, in the order in which verdicts rest on each other: keys by class, then by level all but ADMITs, then ADMITs. */
import type { Entry } from './entry.js'

export interface Next {
  kind: 'keys' | 'words' | 'admits'
  /** What is put here while it is gone through is gone through too. */
  entries: Set<Entry>
}

export class Agenda {
  /** LINKs and UNLINKs, by class. */
  readonly #keys = new Map<number, Set<Entry>>()
  /** By level, and whether they are ADMITs. */
  readonly #words: Array<Set<Entry> | undefined> = []

  add (entry: Entry): void {
    if (entry.kind === 'LINK' || entry.kind === 'UNLINK') {
      this.#keys.set(entry.class, (this.#keys.get(entry.class) ?? new Set()).add(entry))
    } else {
      const turn = 2 * entry.level + (entry.kind === 'ADMIT' ? 1 : 0)
      this.#words[turn] = (this.#words[turn] ?? new Set()).add(entry)
    }
  }

  /** The next ops to judge, taken off; undefined: none is left. */
  next (): Next | undefined {
    if (this.#keys.size > 0) {
      const least = this.#keys.size === 1 ? this.#keys.keys().next().value as number : [...this.#keys.keys()].reduce((a, b) => Math.min(a, b))
      const entries = this.#keys.get(least) as Set<Entry>
      this.#keys.delete(least)

      return { kind: 'keys', entries }
    }

    const turn = this.#words.findIndex(entries => entries != null)
    const entries = this.#words[turn]

    if (entries == null) {
      return undefined
    }

    this.#words[turn] = undefined

    return { kind: turn % 2 === 1 ? 'admits' : 'words', entries }
  }
}
