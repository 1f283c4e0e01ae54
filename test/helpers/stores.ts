/** Stores in memory that are slow, or cannot be read, as disks are. */
import { MemoryDatastore } from 'datastore-core'
import type { Batch, Pair, Query } from 'interface-datastore'

/** It takes its time over each batch: what it is asked meanwhile comes in between. */
export class SlowStore extends MemoryDatastore {
  readonly #turns: number

  /** @param turns - That a batch takes, each of all that is due */
  constructor (turns = 1) {
    super()
    this.#turns = turns
  }

  override batch (): Batch {
    const batch = super.batch()

    return {
      put: (key, value) => { batch.put(key, value) },
      delete: (key) => { batch.delete(key) },
      commit: async (options) => {
        for (let turn = 0; turn < this.#turns; turn++) {
          await new Promise(resolve => { setTimeout(resolve) })
        }

        await batch.commit(options)
      }
    }
  }
}

/** A part of it cannot be read for a while. */
export class BadStore extends MemoryDatastore {
  /** What the keys of that part begin with. */
  unreadable: string | undefined
  onFailedRead: () => void = () => {}
  onWrite: () => void = () => {}

  override query (query: Query): AsyncGenerator<Pair> {
    if (this.unreadable != null && query.prefix?.startsWith(this.unreadable) === true) {
      this.onFailedRead()
      throw new Error('EIO: i/o error, read')
    }

    return super.query(query) as AsyncGenerator<Pair>
  }

  override batch (): Batch {
    this.onWrite()

    return super.batch()
  }
}
