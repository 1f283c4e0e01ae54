/** Which wrap sets of one party this node keeps: those of current REKEYs, and a few of those before. */
import { rekeyIn } from './checks.js'
import type { KeyStore } from './key-store.js'
import type { MembershipLog, OpId } from '../log/index.js'
import type { Fill } from '../storage/records.js'
import type { AbortOptions } from '@libp2p/interface'

/** Wrap sets of REKEYs that are not current any more which are kept, at most: where a current one is found void, one of them is again. */
const MAX_FORMER_SETS = 4

/** A wrap set, and whose it is. */
export interface AddedSet {
  rekey: OpId
  /** Hex. */
  hash: string
  bytes: Uint8Array
}

export class WrapSets {
  readonly #log: MembershipLog
  readonly #store: KeyStore
  /** Hashes of those in the store. */
  readonly #hashes = new Set<string>()
  /** Hashes of those that stay, by REKEY: read from the op once. */
  #setOf = new Map<OpId, string | undefined>()

  constructor (log: MembershipLog, store: KeyStore) {
    this.#log = log
    this.#store = store
  }

  /** Begins anew with what is stored. @param hashes - Hex */
  load (hashes: readonly string[]): void {
    this.#hashes.clear()
    hashes.forEach(hash => { this.#hashes.add(hash) })
  }

  /** One by its hash (hex), if it is here. @throws {StorageError} */
  async get (hash: string, options?: AbortOptions): Promise<Uint8Array | undefined> {
    return this.#hashes.has(hash) ? this.#store.wrapSet(hash, options) : undefined
  }

  /** Puts one into a batch, in place of those that need not be kept any more. @param current - REKEYs */
  put (batch: Parameters<Fill>[0], { rekey, hash, bytes }: AddedSet, current: readonly OpId[]): void {
    const kept = this.#hashes.size < MAX_FORMER_SETS ? this.#hashes : this.#staying(rekey, current).add(hash)

    for (const former of [...this.#hashes].filter(other => !kept.has(other))) {
      this.#hashes.delete(former)
      this.#store.deleteSet(batch, former)
    }

    // where the batch fails it is not found
    this.#hashes.add(hash)
    this.#store.putSet(batch, hash, bytes)
  }

  /** Hashes of those sets that stay, beside the one that is added. */
  #staying (added: OpId, rekeys: readonly OpId[]): Set<string | undefined> {
    const current = new Set(rekeys)
    const others = this.#log.newestRekeys(MAX_FORMER_SETS + current.size + 1).filter(rekey => rekey !== added && !current.has(rekey)).slice(-MAX_FORMER_SETS)

    this.#setOf = new Map([...others, ...rekeys].map(rekey => [rekey, this.#setOf.get(rekey) ?? rekeyIn(this.#log, rekey)?.payload.wraps]))

    return new Set(this.#setOf.values())
  }
}
