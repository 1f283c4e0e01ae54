/** Which REKEYs an epoch's id may mean (docs/keys.md, "Epochs"): each alone, and concurrent ones together. Pure. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { epochIdOf } from './derive.js'
import type { OpId } from '../log/index.js'

/** REKEYs with which a new one is compared, at most: concurrent ones are near each other. */
const MAX_COMPARED = 512

/** Epochs of several concurrent REKEYs that one more REKEY makes, at most: all of them, where it is the ninth. An admin could sign any number of concurrent ones. */
const MAX_MADE = 256

/** Such epochs that are known, at most: the oldest are forgotten first. */
const MAX_COMBINED = 4096

/** REKEYs of all that was current here, counted each time they were, at most: an admin who signs concurrent ones makes each of these longer than the one before. */
const MAX_NAMED = 65_536

/** An epoch of several REKEYs; its id, hex, once it was asked for. */
interface Row {
  rekeys: readonly OpId[]
  id?: string
}

export class EpochIndex {
  /** In the order in which they came. */
  readonly #rekeys: OpId[] = []
  readonly #known = new Set<OpId>()
  /** Several each, all concurrent to each other, in the order in which they were made, from `#first` on. */
  #combined: Row[] = []
  #first = 0
  /** The same by id, and those of `#named`: found when they are asked for. */
  readonly #byId = new Map<string, readonly OpId[]>()
  #isFound = true
  /** Each alone. */
  readonly #alone = new Map<string, readonly OpId[]>()
  /** What was current here, what was so longest ago first; and how many REKEYs that is in all. */
  readonly #named: Row[] = []
  #total = 0

  /** One that is known stays as it is. @param areConcurrent - Is neither in the other's past? */
  add (rekey: OpId, areConcurrent: (other: OpId) => boolean): void {
    if (this.#known.has(rekey)) {
      return
    }

    this.#known.add(rekey)
    const concurrent = this.#rekeys.slice(-MAX_COMPARED).filter(areConcurrent)
    this.#rekeys.push(rekey)
    this.#alone.set(idOf([rekey]), [rekey])

    // a member may have seen any of them, and not the others
    for (const others of this.#newest(concurrent)) {
      this.#combined.push({ rekeys: [...others, rekey] })
      this.#isFound = false
    }

    this.#first = Math.max(this.#first, this.#combined.length - MAX_COMBINED)

    if (this.#first > MAX_COMBINED) {
      this.#combined = this.#combined.slice(this.#first)
      this.#first = 0
    }
  }

  /** @param id - Hex @returns undefined: no REKEYs here, or too many concurrent ones */
  get (id: string): readonly OpId[] | undefined {
    if (!this.#isFound) {
      this.#isFound = true
      this.#byId.clear()
      this.#combined.slice(this.#first).concat(this.#named).forEach((row) => { this.#byId.set(row.id ??= idOf(row.rekeys), row.rekeys) })
    }

    return this.#alone.get(id) ?? this.#byId.get(id)
  }

  /** These are an epoch, however many are concurrent. */
  name (rekeys: readonly OpId[]): void {
    this.#named.push({ rekeys })
    this.#total += rekeys.length
    this.#isFound = false

    while (this.#total > MAX_NAMED && this.#named.length > 1) {
      this.#total -= this.#named.shift()?.rekeys.length ?? 0
    }
  }

  /** What one more may be concurrent with: each of these, and those of them that are concurrent with each other, newest first. */
  #newest (concurrent: readonly OpId[]): Array<readonly OpId[]> {
    const all = new Set(concurrent)
    const found: Array<readonly OpId[]> = concurrent.toReversed().slice(0, MAX_MADE).map(other => [other])

    for (let i = this.#combined.length - 1; all.size >= 2 && i >= this.#first && found.length < MAX_MADE; i--) {
      const { rekeys: others } = this.#combined[i] as Row

      if (others.every(other => all.has(other))) {
        found.push(others)
      }
    }

    // what is oldest among them is forgotten first, too
    return found.reverse()
  }
}

function idOf (rekeys: readonly OpId[]): string {
  return bytesToHex(epochIdOf(rekeys))
}
