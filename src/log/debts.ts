/** Whether a rotation of the party's key is owed (docs/keys.md, "Debts"), found anew for what changed alone: what a REKEY's past says of a key is final. */
import { contains } from './ancestors.js'
import { personsNamed } from './gone-keys.js'
import { keyStands } from './keys.js'
import { NOBODY } from './levels.js'
import type { Entry } from './entry.js'
import type { Evaluation } from './evaluation.js'
import type { Graph } from './graph.js'
import type { Key } from './kinds.js'
import type { View } from './view.js'

/** Where a REKEY stands. */
export type Place = Pick<Entry, 'parents' | 'ancestors'>

/** What a log's history says of keys. */
export interface KeyHistory {
  readonly graph: Graph
  readonly view: View
  /** What was in effect before an op that is here. */
  before: (entry: Place) => Evaluation
}

/**
 * May a key know the secret of a REKEY? It stood in its past, or was named by an op that is not there, so that a Grant or
 * another member may have given it. A void op may have been believed once.
 */
export function mayKnow (history: KeyHistory, rekey: Place, key: Key): boolean {
  return personsNamed(history, key).some((person) => {
    const named = [...person.first === key ? person.admits : [], ...person.links?.get(key) ?? []]

    if (named.some(op => !contains(rekey.ancestors, op))) {
      return true
    }

    const past = history.before(rekey)

    return past.levelOf(person) < NOBODY && keyStands(past, person, key)
  })
}

export class Debts {
  readonly #history: KeyHistory
  /** Not compared with all keys that are gone yet. */
  readonly #rekeys = new Set<Entry>()
  /** Not compared with all REKEYs that are current yet. */
  readonly #keys = new Set<Key>()
  #found: { rekey: Entry, key: Key } | undefined

  constructor (history: KeyHistory) {
    this.#history = history
  }

  /** A key that may know a current secret, and stands for no member now. */
  get key (): Key | undefined {
    const { rekeys, gone } = this.#history.view

    for (const rekey of rekeys.added()) {
      this.#rekeys.add(rekey)
    }

    for (const key of gone.touched()) {
      this.#keys.add(key)
    }

    if (this.#found == null || !rekeys.has(this.#found.rekey) || !gone.all.has(this.#found.key)) {
      this.#found = this.#next()
    }

    return this.#found?.key
  }

  #next (): { rekey: Entry, key: Key } | undefined {
    const { rekeys, gone } = this.#history.view

    for (const rekey of this.#rekeys) {
      for (const key of rekeys.has(rekey) ? gone.all : []) {
        if (mayKnow(this.#history, rekey, key)) {
          return { rekey, key }
        }
      }

      this.#rekeys.delete(rekey)
    }

    for (const key of this.#keys) {
      for (const rekey of gone.all.has(key) ? rekeys.all : []) {
        if (mayKnow(this.#history, rekey, key)) {
          return { rekey, key }
        }
      }

      this.#keys.delete(key)
    }

    return undefined
  }
}
