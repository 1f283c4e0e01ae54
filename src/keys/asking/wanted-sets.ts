/** The wrap sets that are missing: which of them whom is asked for, and what became of the pieces that came (docs/keys.md, "Asking"). */
import { mostBytesOf, rekeyIn } from '../checks.js'
import { SMALL_SET } from './constants.js'
import { Pieces } from './pieces.js'
import type { WantedSet } from './machines.js'
import type { Keyring } from '../keyring.js'
import type { Key, MembershipLog } from '../../log/index.js'
import type { AbortOptions } from '@libp2p/interface'

/** Missing REKEYs whose wrap sets are asked for, at most: of more, as an admin can sign them concurrently, the secrets alone. */
const MAX_SETS = 64

export class WantedSets {
  readonly #log: MembershipLog
  readonly #keyring: Keyring
  readonly #pieces = new Pieces()
  /** Whole, and of no use to this node: hashes. */
  readonly #useless = new Set<string>()
  /** Hashes of what members are being asked for, by their key. */
  readonly #asked = new Map<Key, Set<string>>()

  constructor (log: MembershipLog, keyring: Keyring) {
    this.#log = log
    this.#keyring = keyring
  }

  /** One that nobody else is asked for, and that this member may have. @param small - Of at most `SMALL_SET` bytes; or else of more */
  next (key: Key, small: boolean): WantedSet | undefined {
    const underWay = new Set([...this.#asked.values()].flatMap(hashes => [...hashes]))

    for (const rekey of this.#keyring.missing.slice(0, MAX_SETS)) {
      const hash = rekeyIn(this.#log, rekey)?.payload.wraps ?? ''

      if (!underWay.has(hash) && !this.#useless.has(hash) && !this.#pieces.isLiar(key, hash)) {
        const most = mostBytesOf(this.#log, rekey)

        if ((most <= SMALL_SET) === small) {
          this.#asked.set(key, (this.#asked.get(key) ?? new Set()).add(hash))

          return { rekey, hash, most, ...this.#pieces.of(hash) }
        }
      }
    }

    return undefined
  }

  /** A piece of a set of `size` bytes came. */
  take (key: Key, hash: string, size: number, bytes: Uint8Array): void {
    this.#pieces.take(key, hash, size, bytes)
  }

  /** A member tells of another length than was told before. */
  reset (key: Key, hash: string): void {
    this.#pieces.reset(key, hash)
  }

  /** A set is whole, or not what its hash says. @throws {StorageError} It is tried again. */
  async finish ({ rekey, hash }: WantedSet, options: AbortOptions): Promise<void> {
    const bytes = this.#pieces.whole(hash)

    if (bytes != null) {
      if (!await this.#keyring.keepWrapSet(rekey, bytes, options)) {
        this.#useless.add(hash)
      }

      this.#pieces.drop(hash)
    }
  }

  /** This member is asked for nothing any more: others may be. */
  release (key: Key): void {
    this.#asked.delete(key)
  }
}
