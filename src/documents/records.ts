/** Changes of a document on this device's disk, sealed under the party's key. */
import type { Party } from '../interface/index.js'

/** Where records lie, in their order: a file, a table, a datastore. */
export interface RecordStore {
  /** All of them, oldest first. */
  load (): Promise<Uint8Array[]>
  /** One more. */
  append (record: Uint8Array): Promise<void>
  /** One in place of all. */
  replace (record: Uint8Array): Promise<void>
}

/** Records of changes, until one of the whole document takes their place. */
const MOST_RECORDS = 100

/** What is kept, and where. */
export interface SealedRecordsInit {
  party: Party
  store: RecordStore
  /** What the records belong to: they open as nothing else. */
  associatedData: Uint8Array
  /** Is given what was kept. @throws whatever is wrong with it: the record stays, and `onError` is told */
  take: (change: Uint8Array) => void
  /** The whole document. */
  state: () => Uint8Array
  /** Several changes as one. */
  merge: (changes: Uint8Array[]) => Uint8Array
  onError: (error: Error) => void
  signal: AbortSignal
}

/** Keeps a document by its changes, sealed, until one record of the whole takes their place. */
export class SealedRecords {
  readonly #init: SealedRecordsInit
  #waiting: Uint8Array[] = []
  #records = 0
  /** Does the store lack, or have too much of, what changes told? */
  #isOff = false
  /** Are there records that could not be read? They are kept. */
  #hasUnread = false
  #writing: Promise<void>

  constructor (init: SealedRecordsInit) {
    this.#init = init
    this.#writing = this.#load()
  }

  /** This is to be kept; nothing: the whole document, as it is. */
  keep (change?: Uint8Array): void {
    this.#isOff ||= change == null
    this.#waiting.push(...change == null ? [] : [change])
    this.#writing = this.#writing.then(async () => this.#write())
  }

  /** Resolves when all that is here is kept, or `onError` was told why not. */
  async flush (): Promise<void> {
    return this.#writing
  }

  async #load (): Promise<void> {
    const { party, store, associatedData, take, signal, onError } = this.#init
    const records = await store.load().catch((err: Error) => {
      this.#hasUnread = true
      onError(err)

      return []
    })
    this.#records = records.length

    for (const record of records) {
      try {
        take((await party.open(record, { associatedData, signal })).bytes)
      } catch (err) {
        this.#hasUnread = true
        onError(err as Error)
      }
    }
  }

  async #write (): Promise<void> {
    const { party, store, associatedData, state, merge, onError } = this.#init

    if (this.#waiting.length === 0 && !this.#isOff) {
      return
    }

    const isWhole = this.#isOff || (this.#records >= MOST_RECORDS && !this.#hasUnread)
    const bytes = isWhole ? state() : merge(this.#waiting)
    this.#waiting = []
    this.#isOff = false

    try {
      const sealed = await party.seal(bytes, { associatedData })

      if (isWhole && !this.#hasUnread) {
        await store.replace(sealed)
        this.#records = 1
      } else {
        await store.append(sealed)
        this.#records++
      }
    } catch (err) {
      // with the next change
      this.#isOff = true
      onError(err as Error)
    }
  }
}
