/** What a comparison showed to be missing, until it is asked for: ops before what rests on them. Pure. */
import { MAX_FRAME, MAX_HAVE } from './constants.js'
import type { Wanted } from './compare.js'
import type { OpId } from './interface.js'
import type { Range, SyncSet } from './sets.js'
import type { Entry } from './tree.js'

/** Bytes of ranges in one Pull, about; a single range has up to 22 KiB more. */
const RANGES = MAX_FRAME / 4

export class Wants {
  readonly #sets: SyncSet[]
  readonly #heads = new Map<number, OpId[]>()
  readonly #prefixes = new Map<number, Set<string>>()
  #last = 0

  /** @param sets - In the order in which they are asked for */
  constructor (sets: SyncSet[]) {
    this.#sets = [...sets].sort((a, b) => a.number - b.number)
  }

  get any (): boolean {
    return this.#heads.size > 0 || this.#prefixes.size > 0
  }

  /** The number of the newest Pull. */
  get last (): number { return this.#last }

  number (): number {
    return ++this.#last
  }

  add (set: number, { heads, prefixes }: Wanted): void {
    if (heads != null) {
      this.#heads.set(set, heads)
    }

    if (prefixes.size > 0) {
      this.#prefixes.set(set, new Set([...this.#prefixes.get(set) ?? [], ...prefixes]))
    }
  }

  /** What goes into one Pull. */
  next (): { set: number, heads: OpId[], ranges: Range[] } | undefined {
    const set = this.#sets.find(({ number }) => this.#heads.has(number) || this.#prefixes.has(number))
    const heads = this.#heads.get(set?.number ?? -1)

    if (set == null) {
      return undefined
    }

    if (heads != null) {
      this.#heads.delete(set.number)

      return { set: set.number, heads, ranges: [] }
    }

    return { set: set.number, heads: [], ranges: this.#ranges(set) }
  }

  /** @returns The sets of which something was wanted. */
  clear (): number[] {
    const sets = [...new Set([...this.#heads.keys(), ...this.#prefixes.keys()])]
    this.#heads.clear()
    this.#prefixes.clear()

    return sets
  }

  #ranges (set: SyncSet): Range[] {
    const prefixes = this.#prefixes.get(set.number) ?? new Set()
    const ranges: Range[] = []

    for (let bytes = 0; bytes < RANGES;) {
      const [prefix] = prefixes

      if (prefix == null) {
        this.#prefixes.delete(set.number)
        break
      }

      const have = within(set.have(prefix))
      prefixes.delete(prefix)
      ranges.push({ prefix, have })
      bytes += have.reduce((sum, { marks }) => sum + 40 + 42 * marks.length, 40)
    }

    return ranges
  }
}

/** As many entries as a frame takes; what is left out comes twice. */
function within (entries: Entry[]): Entry[] {
  let marks = 0

  return entries.filter(entry => (marks += entry.marks.length + 1) <= MAX_HAVE)
}
