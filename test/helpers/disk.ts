/** A disk that fails as real ones do, and a datastore on it that believes more than the disk holds. */
import { BaseDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { NotFoundError } from '@libp2p/interface'
import type { Batch, KeyQuery, Pair, Query } from 'interface-datastore'

/**
 * What becomes of one batch: nothing of it is written; some; all, and the answer is lost;
 * none, and what is written after it is lost too until the datastore is opened again, as
 * LevelDB's journal does; none, and nothing says so, as datastore-idb does.
 */
export type Fault = 'none' | 'partly' | 'after' | 'torn' | 'silent'

export class Disk {
  readonly content: Map<string, Uint8Array>
  /** For the batches to come, the first one first; then all goes well. */
  faults: Array<Fault | undefined> = []
  /** Does every batch fail? */
  isFull = false
  /** For a fault of `partly`: is this one of its writes applied? */
  applies = (nth: number): boolean => nth % 2 === 0
  /** Batches so far. */
  batches = 0

  constructor (content: Iterable<[string, Uint8Array]> = []) {
    this.content = new Map(content)
  }
}

export class DiskDatastore extends BaseDatastore {
  readonly disk: Disk
  #content: Map<string, Uint8Array>
  #isTorn = false

  constructor (disk: Disk) {
    super()
    this.disk = disk
    this.#content = new Map(disk.content)
  }

  async close (): Promise<void> {
    await Promise.resolve()
  }

  async open (): Promise<void> {
    this.#content = new Map(this.disk.content)
    this.#isTorn = false
  }

  override async put (key: Key, value: Uint8Array): Promise<Key> {
    const batch = this.batch()
    batch.put(key, value)
    await batch.commit()

    return key
  }

  override async delete (key: Key): Promise<void> {
    const batch = this.batch()
    batch.delete(key)
    await batch.commit()
  }

  override async get (key: Key): Promise<Uint8Array> {
    const value = this.#content.get(key.toString())

    if (value == null) {
      throw new NotFoundError()
    }

    return value
  }

  override async has (key: Key): Promise<boolean> {
    return this.#content.has(key.toString())
  }

  override batch (): Batch {
    const changes: Array<[string, Uint8Array | undefined]> = []

    return {
      put: (key, value) => { changes.push([key.toString(), value]) },
      delete: (key) => { changes.push([key.toString(), undefined]) },
      commit: async () => {
        await Promise.resolve()
        this.disk.batches++
        const fault = this.disk.isFull ? 'none' : this.disk.faults.shift()

        if (fault === 'silent') {
          return
        }

        if (fault !== 'none' && fault !== 'torn') {
          this.#apply(changes.filter((_, i) => fault !== 'partly' || this.disk.applies(i)))
        }

        this.#isTorn ||= fault === 'torn'

        if (fault != null) {
          throw new Error('ENOSPC: no space left on device')
        }
      }
    }
  }

  override async * _all ({ prefix = '' }: Query): AsyncGenerator<Pair> {
    for (const [key, value] of [...this.#content]) {
      if (key.startsWith(prefix)) {
        yield { key: new Key(key, false), value }
      }
    }
  }

  override async * _allKeys ({ prefix }: KeyQuery): AsyncGenerator<Key> {
    for await (const { key } of this._all({ prefix })) {
      yield key
    }
  }

  #apply (changes: Array<[string, Uint8Array | undefined]>): void {
    for (const content of this.#isTorn ? [this.#content] : [this.#content, this.disk.content]) {
      changes.forEach(([key, value]) => { if (value == null) { content.delete(key) } else { content.set(key, value) } })
    }
  }
}
