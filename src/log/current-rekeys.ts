/** The REKEYs that are current, kept as ops come: in effect, and in no other such one's past. One costs about the same however many there are. */
import { contains, eachReach } from './ancestors.js'
import { placeOf } from './sorted.js'
import { latestOf } from './standing.js'
import type { Entry } from './entry.js'
import type { Scope } from './standing.js'

/** So few are looked through one by one; of more those are found that stand on the chains of a past. */
const FEW = 64

export class CurrentRekeys {
  readonly #scope: Scope
  readonly #current = new Set<Entry>()
  /** By chain: of two on one chain the earlier is in the later's past. */
  readonly #byChain = new Map<number, Entry>()
  /** In the order of their places, from `#first` on; some are current no more. */
  #inPlace: Entry[] = []
  #first = 0
  /** By id; another list whenever it changes. */
  #sorted: readonly Entry[] = []
  /** That came, or whose effect changed. */
  readonly #touched = new Set<Entry>()
  #isStale = true
  /** Places that were looked at. */
  #end = 0
  #added = new Set<Entry>()

  constructor (scope: Scope) {
    this.#scope = scope
  }

  /** It came, or its effect is another. */
  touch (entry: Entry): void {
    if (entry.kind === 'REKEY') {
      this.#touched.add(entry)
    }
  }

  /** All is to be looked at anew. */
  restored (): void {
    this.#isStale = true
  }

  /** By id. The same list until it changes. */
  get all (): readonly Entry[] {
    this.#settle()

    return this.#sorted
  }

  has (entry: Entry): boolean {
    this.#settle()

    return this.#current.has(entry)
  }

  /** Those that came to be current since this was asked before. */
  added (): Iterable<Entry> {
    this.#settle()
    const added = this.#added
    this.#added = new Set()

    return added
  }

  #settle (): void {
    if (this.#touched.size === 0 && !this.#isStale) {
      return
    }

    const fresh: Entry[] = []

    for (const entry of this.#touched) {
      const inEffect = this.#scope.inEffect(entry)

      if (entry.place >= this.#end) {
        fresh.push(...inEffect ? [entry] : [])
      } else {
        // what one hides that is hidden itself, that other hides, too
        this.#isStale ||= inEffect || this.#current.has(entry)
      }
    }

    this.#touched.clear()
    this.#end = this.#scope.graph.end

    if (this.#isStale) {
      this.#isStale = false
      this.#anew()
    } else if (fresh.length > 0) {
      this.#grow(fresh.sort((a, b) => a.place - b.place))
    }
  }

  #anew (): void {
    const current = latestOf(this.#scope.graph.shared.filter(entry => entry.kind === 'REKEY' && this.#scope.inEffect(entry)))
    this.#current.clear()
    this.#byChain.clear()
    this.#inPlace = []
    this.#first = 0
    current.reverse().forEach((entry) => { this.#put(entry) })
    this.#added = new Set(current)
    this.#sorted = current.sort(byId)
  }

  #grow (fresh: readonly Entry[]): void {
    const before = this.#current.size
    fresh.forEach((entry) => {
      this.#dropBefore(entry)
      this.#put(entry)
    })
    const stayed = this.#current.size < before + fresh.length ? this.#sorted.filter(entry => this.#current.has(entry)) : [...this.#sorted]

    for (const entry of fresh) {
      if (this.#current.has(entry)) {
        stayed.splice(placeOf(stayed, entry, byId), 0, entry)
      }
    }

    this.#sorted = stayed
  }

  #put (entry: Entry): void {
    this.#current.add(entry)
    this.#byChain.set(entry.chain, entry)
    this.#inPlace.push(entry)
    this.#added.add(entry)
  }

  #drop (entry: Entry): void {
    this.#current.delete(entry)
    this.#added.delete(entry)
  }

  /** What is in the past of a new one. */
  #dropBefore ({ ancestors }: Entry): void {
    for (let first = this.#inPlace[this.#first]; first != null && first.place < ancestors.upto; first = this.#inPlace[++this.#first]) {
      this.#drop(first)
    }

    // those that are behind are let go, now and then
    if (this.#first > FEW && this.#first > this.#inPlace.length / 2) {
      this.#inPlace = this.#inPlace.slice(this.#first)
      this.#first = 0
    }

    if (ancestors.over == null) {
      return
    }

    if (this.#current.size <= FEW) {
      [...this.#current].filter(entry => contains(ancestors, entry)).forEach((entry) => { this.#drop(entry) })
    } else {
      eachReach(ancestors, (chain, count) => {
        const entry = this.#byChain.get(chain)

        if (entry != null && entry.link < count) {
          this.#drop(entry)
        }
      })
    }
  }
}

function byId (a: Entry, b: Entry): number {
  return a.id < b.id ? -1 : Number(a.id > b.id)
}
