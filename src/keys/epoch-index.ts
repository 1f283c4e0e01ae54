/** Which REKEYs an epoch's id may mean (docs/keys.md, "Epochs"): each alone, and concurrent ones together. Pure. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { epochIdOf } from './derive.js'
import type { OpId } from '../log/index.js'

/** REKEYs with which a new one is compared, at most: concurrent ones are near each other. */
const MAX_COMPARED = 512

/** Epochs of several concurrent REKEYs that are known, at most: of twelve there are 4,083. */
const MAX_COMBINED = 4096

export class EpochIndex {
  /** In the order in which they came. */
  readonly #rekeys: OpId[] = []
  /** Several each, all concurrent to each other. */
  readonly #combined: OpId[][] = []
  readonly #byId = new Map<string, readonly OpId[]>()

  /** @param areConcurrent - Is neither in the other's past? */
  add (rekey: OpId, areConcurrent: (other: OpId) => boolean): void {
    const beside = new Set(this.#rekeys.slice(-MAX_COMPARED).filter(areConcurrent))
    this.#rekeys.push(rekey)
    this.name([rekey])

    // a member may have seen any of them, and not the others
    for (const others of beside.size === 0 ? [] : [...[...beside].map(other => [other]), ...this.#combined.filter(others => others.every(other => beside.has(other)))]) {
      if (this.#combined.length === MAX_COMBINED) {
        break
      }

      const together = [...others, rekey]
      this.#combined.push(together)
      this.name(together)
    }
  }

  /** @param id - Hex @returns undefined: no REKEYs here, or too many concurrent ones */
  get (id: string): readonly OpId[] | undefined {
    return this.#byId.get(id)
  }

  /** These are an epoch, also where too many are concurrent. */
  name (rekeys: readonly OpId[]): void {
    this.#byId.set(bytesToHex(epochIdOf(rekeys)), rekeys)
  }
}
