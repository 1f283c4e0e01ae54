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

/** Bytes that a sealed record ends with: its tag, which no other record has (docs/keys.md, "Sealed bytes"). */
const TAG = 16

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
  /** The store failed, or what it has cannot be opened. */
  onError: (error: Error) => void
  signal: AbortSignal
}

/** Keeps a document by its changes, sealed, until one record of the whole takes their place. */
export class SealedRecords {
  readonly #init: SealedRecordsInit
  #waiting: Uint8Array[] = []
  #records = 0
  /** The tag of the first one: another tab that put one in the place of all, and others behind it, may have come to as many. */
  #first: string | undefined
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
    try {
      // also of a store that throws at once it is told when somebody listens
      await this.#open(await Promise.resolve().then(async () => this.#init.store.load()))
    } catch (err) {
      this.#hasUnread = true
      this.#init.onError(err as Error)
    }
  }

  async #open (records: Uint8Array[]): Promise<void> {
    const { party, associatedData, take, signal, onError } = this.#init
    this.#records = records.length
    this.#first = tagOf(records[0])

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

    const waiting = this.#waiting
    const isWhole = this.#isOff || (this.#records >= MOST_RECORDS && !this.#hasUnread)
    this.#waiting = []
    this.#isOff = false

    try {
      if (isWhole) {
        await this.#catchUp()
      }

      const sealed = await party.seal(isWhole ? state() : merge(waiting), { associatedData })

      if (isWhole && !this.#hasUnread) {
        await store.replace(sealed)
        this.#records = 1
        this.#first = tagOf(sealed)
      } else {
        await store.append(sealed)
        this.#records++
        this.#first ??= tagOf(sealed)
      }
    } catch (err) {
      // with the next change
      this.#isOff = true
      onError(err as Error)
    }
  }

  /** Before all is replaced: another tab of this profile may have written meanwhile. */
  async #catchUp (): Promise<void> {
    const records = await this.#init.store.load()

    if (records.length !== this.#records || tagOf(records[0]) !== this.#first) {
      await this.#open(records)
    }
  }
}

function tagOf (record?: Uint8Array): string | undefined {
  return record?.slice(-TAG).join()
}
