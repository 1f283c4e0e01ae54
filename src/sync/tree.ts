/** A set in short: a hash tree over the hex digits of its keys, so that two replicas find where they differ. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js'
import { LIST } from './constants.js'
import type { Key } from './interface.js'

export interface Mark {
  sequence: number
  /** Of an op 32 bytes, of a record 16; hex. */
  id: string
}

/** What one key has: an author's newest ops, or a record. */
export interface Entry {
  key: Key
  /** By id. */
  marks: Mark[]
}

interface Node {
  count: number
  hash?: Uint8Array
  /** Where there are at most LIST of them. */
  entries?: Map<Key, Entry>
  children?: Array<Node | undefined>
}

const DIGITS = '0123456789abcdef'
const NONE = new Uint8Array(32)

/** Bytes of a fingerprint: with a salt that nobody knew before, two that differ are told apart but once in 2^64. */
const FINGERPRINT = 8

export class SummaryTree {
  readonly #root: Node = { count: 0, entries: new Map() }

  get size (): number {
    return this.#root.count
  }

  get (key: Key): Entry | undefined {
    return this.#find(key)?.entries?.get(key)
  }

  /** An entry without marks is none. */
  set (entry: Entry): void {
    if (entry.marks.length === 0) {
      this.#remove(this.#root, entry.key, 0)
    } else {
      this.#put(this.#root, entry, 0)
    }
  }

  /** SHA-256 of all under a prefix, 32 bytes; zeros of none. */
  hash (prefix = ''): Uint8Array {
    const node = this.#find(prefix)

    // a list of those alone that lie under the prefix
    if (node?.entries != null) {
      return hashOf([...this.under(prefix)])
    }

    return node == null ? NONE : this.#hash(node)
  }

  /** The hash as one stream tells it: 8 bytes, salted; zeros of none. */
  fingerprint (prefix: string, salt: Uint8Array): Uint8Array {
    return this.count(prefix) === 0 ? NONE.subarray(0, FINGERPRINT) : sha256(concatBytes(salt, this.hash(prefix))).subarray(0, FINGERPRINT)
  }

  /** Fingerprints of the 16 prefixes that are longer by one digit, in a row. */
  split (prefix: string, salt: Uint8Array): Uint8Array {
    return concatBytes(...[...DIGITS].map(digit => this.fingerprint(prefix + digit, salt)))
  }

  /** How many keys begin so. */
  count (prefix = ''): number {
    const node = this.#find(prefix)

    return node?.entries == null ? node?.count ?? 0 : [...node.entries.keys()].filter(key => key.startsWith(prefix)).length
  }

  /** Entries whose keys begin so, by key. */
  * under (prefix = ''): Iterable<Entry> {
    const node = this.#find(prefix)

    if (node != null) {
      yield * all(node, prefix)
    }
  }

  /** The node of a prefix, or the list above it in which its keys are. */
  #find (prefix: string): Node | undefined {
    let node: Node | undefined = this.#root

    for (let depth = 0; node?.children != null && depth < prefix.length; depth++) {
      node = node.children[digit(prefix, depth)]
    }

    return node
  }

  #put (node: Node, entry: Entry, depth: number): boolean {
    node.hash = undefined
    let added: boolean

    if (node.children != null) {
      const at = digit(entry.key, depth)
      node.children[at] ??= { count: 0, entries: new Map() }
      added = this.#put(node.children[at], entry, depth + 1)
    } else {
      added = node.entries?.has(entry.key) === false
      node.entries?.set(entry.key, entry)
    }

    node.count += Number(added)

    if (node.entries != null && node.count > LIST) {
      const { entries } = node
      node.entries = undefined
      node.children = []
      node.count = 0
      entries.forEach(entry => { this.#put(node, entry, depth) })
    }

    return added
  }

  #remove (node: Node, key: Key, depth: number): boolean {
    const child = node.children?.[digit(key, depth)]
    const removed = child == null ? node.entries?.delete(key) === true : this.#remove(child, key, depth + 1)

    if (removed) {
      node.hash = undefined
      node.count--

      if (node.children != null && node.count <= LIST) {
        node.entries = new Map([...all(node, '')].map(entry => [entry.key, entry]))
        node.children = undefined
      }
    }

    return removed
  }

  #hash (node: Node): Uint8Array {
    node.hash ??= node.children == null
      ? hashOf([...all(node, '')])
      : sha256(concatBytes(Uint8Array.of(1), ...Array.from(DIGITS, (_, at) => {
          const child = node.children?.[at]

          return child == null || child.count === 0 ? NONE : this.#hash(child)
        })))

    return node.hash
  }
}

/** The bytes of an entry that are hashed: key, how many marks, and each mark's sequence number (8 bytes) and id. */
function bytesOf ({ key, marks }: Entry): Uint8Array {
  const bytes = new Uint8Array(2 + 8 * marks.length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, marks.length)
  marks.forEach(({ sequence }, at) => { view.setBigUint64(2 + 8 * at, BigInt(sequence)) })

  return concatBytes(hexToBytes(key), bytes, ...marks.map(({ id }) => hexToBytes(id)))
}

function hashOf (entries: Entry[]): Uint8Array {
  return entries.length === 0 ? NONE : sha256(concatBytes(Uint8Array.of(0), ...entries.map(bytesOf)))
}

function * all (node: Node, prefix: string): Iterable<Entry> {
  if (node.entries != null) {
    yield * [...node.entries.values()].filter(({ key }) => key.startsWith(prefix)).sort((a, b) => a.key < b.key ? -1 : 1)
  }

  for (const child of node.children ?? []) {
    if (child != null) {
      yield * all(child, '')
    }
  }
}

function digit (key: string, depth: number): number {
  return Number.parseInt(key.charAt(depth), 16)
}

export function sameEntry (one: Entry | undefined, other: Entry | undefined): boolean {
  return one?.marks.length === other?.marks.length && (one?.marks ?? []).every(({ sequence, id }, at) => other?.marks[at]?.sequence === sequence && other.marks[at].id === id)
}

/** Splits 16 fingerprints; hex. */
export function fingerprintsOf (split: Uint8Array): string[] {
  return Array.from(DIGITS, (_, at) => bytesToHex(split.subarray(at * FINGERPRINT, (at + 1) * FINGERPRINT)))
}

export const NO_FINGERPRINT = bytesToHex(NONE.subarray(0, FINGERPRINT))
export const SPLIT_BYTES = 16 * FINGERPRINT
