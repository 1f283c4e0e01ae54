/** Wrap sets as they come, piece by piece, from one member after the other. Pure. */
import { concatBytes } from '@noble/hashes/utils.js'
import { hashOf } from '../wraps.js'
import type { Key } from '../../log/index.js'

/** Wrap sets of which a part is here, at most. */
const MAX_PARTS = 4

/** Members of whom it is remembered that they sent something else, at most. */
const MAX_LIARS = 1024

interface Part {
  /** Bytes of the whole. */
  size: number
  have: number
  pieces: Uint8Array[]
  /** Who sent them. */
  from: Set<Key>
}

export class Pieces {
  /** By hash, that of which the last piece came longest ago first. */
  readonly #parts = new Map<string, Part>()
  /** By key and hash. */
  readonly #liars = new Set<string>()

  /** How much of a set is here. */
  of (hash: string): Pick<Part, 'have'> & Partial<Pick<Part, 'size'>> {
    const { have = 0, size } = this.#parts.get(hash) ?? {}

    return size == null ? { have } : { have, size }
  }

  take (from: Key, hash: string, size: number, bytes: Uint8Array): void {
    const part = this.#parts.get(hash) ?? { size, have: 0, pieces: [], from: new Set() }
    this.#parts.delete(hash)
    this.#parts.set(hash, part)
    // not the frame that it came in
    part.pieces.push(bytes.slice())
    part.have += bytes.length
    part.from.add(from)
    trim(this.#parts, MAX_PARTS)
  }

  /** The set, whole; undefined: it is not what its hash says, and nobody who sent of it is asked for it again. */
  whole (hash: string): Uint8Array | undefined {
    const { pieces, from } = this.#parts.get(hash) ?? { pieces: [], from: [] }
    const bytes = concatBytes(...pieces)

    if (hashOf(bytes) === hash) {
      return bytes
    }

    this.drop(hash)
    this.#distrust(from, hash)

    return undefined
  }

  /** One tells of another length than was told before: begun anew. Who told both would have it begun for ever, and is not asked for it again. */
  reset (from: Key, hash: string): void {
    const told = this.#parts.get(hash)?.from
    this.drop(hash)

    if (told?.size === 1 && told.has(from)) {
      this.#distrust(told, hash)
    }
  }

  drop (hash: string): void {
    this.#parts.delete(hash)
  }

  /** Did this one send something else in its place? */
  isLiar (key: Key, hash: string): boolean {
    return this.#liars.has(`${key} ${hash}`)
  }

  #distrust (keys: Iterable<Key>, hash: string): void {
    for (const key of keys) {
      this.#liars.add(`${key} ${hash}`)
    }

    trim(this.#liars, MAX_LIARS)
  }
}

function trim (all: Map<string, unknown> | Set<string>, most: number): void {
  for (const oldest of all.keys()) {
    if (all.size > most) {
      all.delete(oldest)
    }
  }
}
