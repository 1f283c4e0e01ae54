/**
 * One writer for a datastore: batches go one after the other, what comes meanwhile
 * goes together, and after one that failed nothing counts as written until what is
 * on disk is known again (docs/storage.md, "After a failed write").
 */
import { StorageError } from '../errors.js'
import { Key } from 'interface-datastore'
import type { AbortOptions } from '@libp2p/interface'
import type { Batch, Datastore } from 'interface-datastore'

/** Puts into a batch. */
export type Fill = (batch: Pick<Batch, 'put' | 'delete'>) => void

export interface Writing {
  /** Puts what memory holds of the keys of this batch, should it fail; what it leaves out is deleted. It may be called more than once, at any later time. */
  before?: Fill
  /** It must outlive a power loss, where the datastore is told to see to that (`syncTo`). */
  sync?: boolean
}

/** By key; undefined: deleted. */
type Changes = Map<string, Uint8Array | undefined>

interface Write extends Writing {
  changes: Changes
  done: PromiseWithResolvers<void>
}

/** What a datastore may be besides: LevelDB's keeps a journal, which a write that failed in its midst leaves torn, so that all after it is lost once it is opened again. */
interface Reopened extends Datastore {
  open?: () => Promise<void>
  close?: () => Promise<void>
}

/** LevelDB writes its journal through to the disk when a write asks for it, with all that stands there before. */
interface Levelled extends Datastore {
  db?: { del?: (key: string, options: { sync: boolean }) => Promise<void> }
}

/** Never put: deleting it writes through. */
const NOTHING = '/plus-one/nothing'

export class Writer {
  /** Are batches that ask for it to outlive a power loss? */
  syncs = false
  readonly #datastore: Reopened
  #waiting: Write[] = []
  #isWorking = false
  /** Writes of which it is not known whether they are on disk. */
  #doubts: Write[] = []
  /** Did a write fail since it was opened, by whomever? */
  #isTorn = false
  #isClosed = false
  #opened = Promise.resolve()

  constructor (datastore: Datastore) {
    this.#datastore = datastore

    if (this.#reopen() != null) {
      this.#watch()
    }
  }

  /** Resolves once it is durable. @throws what the datastore throws: it may be on disk, or not */
  async write (fill: Fill, writing: Writing = {}): Promise<void> {
    const write = { ...writing, changes: changesOf([fill]), done: Promise.withResolvers<void>() }
    this.#waiting.push(write)

    if (!this.#isWorking) {
      this.#isWorking = true
      this.#work().catch((err: unknown) => { write.done.reject(err) })
    }

    return write.done.promise
  }

  /** Resolves once what is on disk is what was written. */
  async known (): Promise<void> {
    if (this.#doubts.length > 0 || this.#isTorn) {
      await this.write(() => {})
    }

    await this.#opened
  }

  async #work (): Promise<void> {
    while (this.#waiting.length > 0) {
      const writes = this.#waiting.splice(0)

      try {
        await this.#settle()
      } catch (err) {
        writes.forEach(({ done }) => { done.reject(err) })
        continue
      }

      try {
        await this.#commit(new Map(writes.flatMap(({ changes }) => [...changes])), writes.some(({ sync }) => sync === true))
        writes.forEach(({ done }) => { done.resolve() })
      } catch (err) {
        this.#doubts.push(...writes)
        writes.forEach(({ done }) => { done.reject(err) })
      }
    }

    this.#isWorking = false
  }

  /** Writes again what memory holds of all that is in doubt, on a datastore that has read its disk again. */
  async #settle (): Promise<void> {
    if (this.#doubts.length === 0 && !this.#isTorn) {
      return
    }

    const keys: Fill[] = this.#doubts.map(({ changes }) => (batch) => { [...changes.keys()].forEach(key => { batch.delete(new Key(key, false)) }) })
    const changes = changesOf([...keys, ...this.#doubts.flatMap(({ before }) => before ?? [])])
    const reopen = this.#reopen()

    if (reopen != null) {
      if (!this.#isClosed) {
        // a disk that is full still fails here, and others can go on reading
        await this.#commit(changes, false)
      }

      const opened = reopen()
      this.#opened = opened.catch(() => {})
      await opened
    }

    this.#isTorn = false
    await this.#commit(changes, true)
    this.#doubts = []
  }

  /** Others write here, too, libp2p's peer store for one, and what fails for them tears the same journal: nothing else tells of it. */
  #watch (): void {
    const datastore = this.#datastore
    const [put, remove, batch] = [datastore.put.bind(datastore), datastore.delete.bind(datastore), datastore.batch.bind(datastore)]
    const watched = async <T>(work: () => T | Promise<T>, options?: AbortOptions): Promise<T> => {
      try {
        return await work()
      } catch (err) {
        // who waits no longer leaves the write as it is
        this.#isTorn ||= options?.signal?.aborted !== true
        throw err
      }
    }

    datastore.put = async (key, value, options) => watched(() => put(key, value, options), options)
    datastore.delete = async (key, options) => watched(() => remove(key, options), options)
    datastore.batch = () => {
      const begun = batch()

      return { put: (key, value) => { begun.put(key, value) }, delete: (key) => { begun.delete(key) }, commit: async options => watched(() => begun.commit(options), options) }
    }
  }

  /** Closes the datastore and opens it again, where it can. */
  #reopen (): (() => Promise<void>) | undefined {
    const { open, close } = this.#datastore

    return open == null || close == null
      ? undefined
      : async () => {
        if (!this.#isClosed) {
          await close.call(this.#datastore)
          this.#isClosed = true
        }

        await open.call(this.#datastore)
        this.#isClosed = false
      }
  }

  async #commit (changes: Changes, sync: boolean): Promise<void> {
    if (changes.size === 0) {
      return
    }

    const batch = this.#datastore.batch()
    let last: [string, Uint8Array] | undefined

    for (const [key, value] of changes) {
      if (value == null) {
        batch.delete(new Key(key, false))
      } else {
        batch.put(new Key(key, false), value)
        last = [key, value]
      }
    }

    await batch.commit()

    // datastore-idb swallows the failure of a transaction: one of its puts tells
    if (last != null && !equal(await this.#datastore.get(new Key(last[0], false)), last[1])) {
      throw new StorageError()
    }

    if (sync && this.syncs) {
      await (this.#datastore as Levelled).db?.del?.(NOTHING, { sync })
    }
  }
}

function changesOf (fills: Fill[]): Changes {
  const changes: Changes = new Map()
  const batch = {
    put: (key: Key, value: Uint8Array): void => { changes.set(key.toString(), value) },
    delete: (key: Key): void => { changes.set(key.toString(), undefined) }
  }
  fills.forEach(fill => { fill(batch) })

  return changes
}

function equal (a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
