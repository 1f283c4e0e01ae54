/** Datastores that fail when a test says so. */
import { BaseDatastore, MemoryDatastore } from 'datastore-core'
import type { AbortOptions } from '@libp2p/interface'
import type { Batch, Datastore, Key, KeyQuery, Pair, Query } from 'interface-datastore'

/** What another store has, and a word before each write to it. */
abstract class Watched extends BaseDatastore {
  /** Where the other one has them: plus-one opens a datastore again after a write failed (docs/storage.md). */
  open?: () => Promise<void>
  /** Closes it. */
  close?: () => Promise<void>
  readonly #inner: Datastore

  constructor (inner: Datastore & Pick<Watched, 'open' | 'close'>) {
    super()
    this.#inner = inner

    if (inner.open != null && inner.close != null) {
      this.open = async () => inner.open?.()
      this.close = async () => inner.close?.()
    }
  }

  /**
   * Called before a write. What it throws, the writer is told.
   *
   * @returns How many of its entries are written before that
   */
  protected abstract decide (keys: Key[]): { entries: number, error?: Error }

  /** Writes one entry, or fails. */
  override async put (key: Key, value: Uint8Array, options?: AbortOptions): Promise<Key> {
    await this.#write([{ key, value }], [], async () => this.#inner.put(key, value, options))

    return key
  }

  /** Reads one entry. */
  override async get (key: Key, options?: AbortOptions): Promise<Uint8Array> {
    return this.#inner.get(key, options)
  }

  /** Is there such an entry? */
  override async has (key: Key, options?: AbortOptions): Promise<boolean> {
    return this.#inner.has(key, options)
  }

  /** Deletes one entry, or fails. */
  override async delete (key: Key, options?: AbortOptions): Promise<void> {
    await this.#write([], [key], async () => this.#inner.delete(key, options))
  }

  /** Several writes as one, which may fail as one. */
  override batch (): Batch {
    const puts: Pair[] = []
    const deletes: Key[] = []

    return {
      put: (key, value) => { puts.push({ key, value }) },
      delete: (key) => { deletes.push(key) },
      commit: async options => this.#write(puts, deletes, async (puts, deletes) => {
        const batch = this.#inner.batch()
        puts.forEach(({ key, value }) => { batch.put(key, value) })
        deletes.forEach((key) => { batch.delete(key) })
        await batch.commit(options)
      })
    }
  }

  /** Entries, by prefix and filters. */
  override async * query (query: Query, options?: AbortOptions): AsyncGenerator<Pair> {
    yield * this.#inner.query(query, options)
  }

  /** Keys, by prefix and filters. */
  override async * queryKeys (query: KeyQuery, options?: AbortOptions): AsyncGenerator<Key> {
    yield * this.#inner.queryKeys(query, options)
  }

  async #write (puts: Pair[], deletes: Key[], write: (puts: Pair[], deletes: Key[]) => unknown): Promise<void> {
    const { entries, error } = this.decide([...puts.map(({ key }) => key), ...deletes])

    if (entries > 0) {
      await write(puts.slice(0, entries), deletes.slice(0, Math.max(0, entries - puts.length)))
    }

    if (error != null) {
      throw error
    }
  }
}

/** Which calls fail, and how. */
export interface FailInit {
  /** Writes that go well before. @default 0 */
  after?: number
  /** Writes that fail then; after them it has recovered. @default all, until `recover()` */
  times?: number
  /** Entries of a failing write that are written all the same: a write may have happened though its caller is told that it failed. @default 0 */
  applied?: number
  /** Of those below this key alone. @default all */
  below?: string
  /** @default ENOSPC, as a full disk's */
  error?: Error
}

/** A datastore whose writes fail when a test says so; a batch is one write. Give it to a node, and again to the node that takes its place. */
export class FailingStore extends Watched {
  #writes = 0
  #failing: Required<FailInit> | undefined

  /** @param inner - What keeps the entries: a new one in memory unless told */
  constructor (inner: Datastore = new MemoryDatastore()) {
    super(inner)
  }

  /** Writes that were asked for so far, those that failed among them. */
  get writes (): number { return this.#writes }

  /** From now on writes fail. */
  fail ({ after = 0, times = Number.POSITIVE_INFINITY, applied = 0, below = '/', error = full() }: FailInit = {}): void {
    this.#failing = { after, times, applied, below, error }
  }

  /** Writes go well again. */
  recover (): void {
    this.#failing = undefined
  }

  protected override decide (keys: Key[]): { entries: number, error?: Error } {
    this.#writes++
    const entries = keys.length
    const failing = this.#failing

    if (failing == null || !keys.some(key => key.toString().startsWith(failing.below)) || failing.after-- > 0 || failing.times-- <= 0) {
      return { entries }
    }

    return { entries: Math.min(entries, failing.applied), error: failing.error }
  }
}

/** What one process has of a store: after a kill nothing that it writes is there. It is not told: it must still end. */
export class ProcessStore extends Watched {
  #killed = false

  kill (): void {
    this.#killed = true
    // it is its successor's
    this.open = this.close = async () => {}
  }

  protected override decide (keys: Key[]): { entries: number } {
    return { entries: this.#killed ? 0 : keys.length }
  }
}

function full (): Error {
  return Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
}
