/** What is kept in step: the ops of a log, and the records beside it, each as a set that can be compared and asked for. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { MAX_HAVE, MAX_HEADS, MAX_TIPS, OPS } from './constants.js'
import { sameEntry, SummaryTree } from './tree.js'
import type { ChainTip, Key, OpId, PlacedOp, RecordEntry, RecordSet, SyncableLog, SyncOp } from './interface.js'
import type { Entry } from './tree.js'

/** A part of a set that one side asks for. */
export interface Range {
  /** Hex digits with which keys begin; 64 of them are one key. */
  prefix: string
  /** What is here of it: marks of tips, and on the way back from them. */
  have: Entry[]
}

/** Something to send: an op, or the key of a record. */
export type Item = { op: SyncOp } | { record: RecordEntry }

export interface SyncSet {
  readonly number: number
  readonly tree: SummaryTree
  /** All heads, where they are few; a set without order has none. */
  heads (): OpId[] | undefined
  has (id: OpId): boolean
  /** Is there something in this entry of another replica that is not here? */
  lacks (entry: Entry): boolean
  /** What is here of a range, in few words. */
  have (prefix: string): Entry[]
  /** What the other side lacks, in the order in which it is sent. */
  select (heads: OpId[], ranges: Range[]): Item[]
  /** Calls back with what is new from now on. */
  watch (listener: (items: Item[]) => void): () => void
}

/** The ops of a log by chains: author key → newest. */
export class OpSet implements SyncSet {
  readonly number = OPS
  readonly tree = new SummaryTree()
  readonly #log: SyncableLog
  readonly #watching = new Set<(items: Item[]) => void>()

  /** @param signal - Ends the watching of the log */
  constructor (log: SyncableLog, signal: AbortSignal) {
    this.#log = log

    for (const { author, tips } of log.chains()) {
      this.#put(author, tips)
    }

    log.addEventListener('ops', ({ detail }) => {
      this.#changed(detail.map(({ author }) => author))
      const items = detail.map(op => ({ op }))
      this.#watching.forEach((listener) => { listener(items) })
    }, { signal })
    log.addEventListener('chains', ({ detail }) => { this.#changed(detail) }, { signal })
  }

  heads (): OpId[] | undefined {
    const { heads } = this.#log

    return heads.length > MAX_HEADS ? undefined : heads
  }

  has (id: OpId): boolean {
    return this.#log.has(id)
  }

  lacks (entry: Entry): boolean {
    return !sameEntry(this.tree.get(entry.key), entry) && entry.marks.some(({ id }) => !this.#log.has(id))
  }

  have (prefix: string): Entry[] {
    return [...this.tree.under(prefix)].map(({ key }) => {
      const trail = this.#log.trail(key).map(id => ({ id, sequence: 0 }))

      return { key, marks: [...trail, ...this.#log.chain(key)].slice(0, MAX_HAVE - 1) }
    })
  }

  select (heads: OpId[], ranges: Range[]): Item[] {
    if (ranges.length === 0) {
      return [...this.#log.since(heads)].map(op => ({ op }))
    }

    const ops = new Map<OpId, PlacedOp>()

    for (const { prefix, have } of apart(ranges)) {
      const known = new Map(have.map(({ key, marks }) => [key, marks.map(({ id }) => id)]))

      for (const { key } of this.tree.under(prefix)) {
        for (const op of this.#log.after(key, known.get(key) ?? [])) {
          ops.set(op.id, op)
        }
      }
    }

    return [...ops.values()].sort((a, b) => a.place - b.place).map(op => ({ op }))
  }

  watch (listener: (items: Item[]) => void): () => void {
    this.#watching.add(listener)

    return () => { this.#watching.delete(listener) }
  }

  #changed (authors: readonly Key[]): void {
    for (const author of new Set(authors)) {
      this.#put(author, this.#log.chain(author))
    }
  }

  #put (key: Key, tips: ChainTip[]): void {
    // a chain that was forked often is one hash: what it lacks is asked for by its tips
    const marks = tips.length <= MAX_TIPS
      ? tips
      : [{ sequence: tips.length, id: bytesToHex(sha256(utf8ToBytes(tips.map(({ id }) => id).join('')))) }]

    this.tree.set({ key, marks })
  }
}

/** Records beside a log: key → sequence number. */
export class Records implements SyncSet {
  readonly number: number
  readonly tree = new SummaryTree()
  readonly #records: RecordSet
  readonly #watching = new Set<(items: Item[]) => void>()

  constructor (records: RecordSet, signal: AbortSignal) {
    this.number = records.number
    this.#records = records

    for (const entry of records.entries()) {
      this.tree.set(entryOf(entry))
    }

    records.addEventListener('records', ({ detail: { changed, gone } }) => {
      const left = gone.filter(key => this.tree.get(key) != null)
      left.forEach(key => { this.tree.set({ key, marks: [] }) })
      changed.forEach(entry => { this.tree.set(entryOf(entry)) })

      // most who come have no record
      if (changed.length + left.length > 0) {
        const items = changed.map(record => ({ record }))
        this.#watching.forEach((listener) => { listener(items) })
      }
    }, { signal })
  }

  heads (): undefined {
    return undefined
  }

  has (): boolean {
    return false
  }

  lacks ({ key, marks: [theirs] }: Entry): boolean {
    const [mine] = this.tree.get(key)?.marks ?? []

    return theirs != null && (mine == null || mine.sequence < theirs.sequence || (mine.sequence === theirs.sequence && mine.id < theirs.id))
  }

  have (prefix: string): Entry[] {
    return [...this.tree.under(prefix)]
  }

  select (_heads: OpId[], ranges: Range[]): Item[] {
    const records = new Map<Key, RecordEntry>()

    for (const { prefix, have } of apart(ranges)) {
      const known = new Map(have.map(entry => [entry.key, entry]))

      for (const { key, marks: [mark] } of this.tree.under(prefix)) {
        const theirs = known.get(key)?.marks[0]

        if (mark != null && !(theirs != null && theirs.sequence >= mark.sequence && theirs.id === mark.id)) {
          records.set(key, { key, ...mark })
        }
      }
    }

    return [...records.values()].map(record => ({ record }))
  }

  watch (listener: (items: Item[]) => void): () => void {
    this.#watching.add(listener)

    return () => { this.#watching.delete(listener) }
  }
}

function entryOf ({ key, sequence, id }: RecordEntry): Entry {
  return { key, marks: [{ sequence, id }] }
}

/** Without those that lie within another one: each key is gone through once, whatever is asked for. */
function apart (ranges: Range[]): Range[] {
  const sorted = [...ranges].sort((a, b) => a.prefix < b.prefix ? -1 : Number(a.prefix > b.prefix))
  let last: string | undefined

  return sorted.filter(({ prefix }) => {
    const isApart = last == null || !prefix.startsWith(last)
    last = isApart ? prefix : last

    return isApart
  })
}

/** What an item takes the place of while it waits: of a key the newest record alone is sent. */
export function slotOf (item: Item): string {
  return 'op' in item ? item.op.id : item.record.key
}

/** What tells an item from others of its set. */
export function nameOf (item: Item): string {
  return 'op' in item ? item.op.id : `${item.record.key} ${item.record.sequence} ${item.record.id}`
}

/** Packs hex digits: an odd number of them ends with a zero. */
export function packPrefix (prefix: string): { prefix: Uint8Array<ArrayBuffer>, digits: number } {
  return { prefix: hexToBytes(prefix.length % 2 === 0 ? prefix : `${prefix}0`), digits: prefix.length }
}

/** @throws {RangeError} The digits are not those of these bytes. */
export function unpackPrefix (prefix: Uint8Array, digits: number): string {
  if (digits > 64 || prefix.length !== Math.ceil(digits / 2)) {
    throw new RangeError('A prefix has as many bytes as its digits take, and 64 digits at most')
  }

  return bytesToHex(prefix).slice(0, digits)
}
