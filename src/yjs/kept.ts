/** A document on this device's disk, sealed under the party's key. */
import * as Y from 'yjs'
import type { Party } from '../interface/index.js'

/** Where records lie, in their order: a file, a table, a datastore. */
export interface YjsStore {
  /** All of them, oldest first. */
  load (): Promise<Uint8Array[]>
  /** One more. */
  append (record: Uint8Array): Promise<void>
  /** One in place of all. */
  replace (record: Uint8Array): Promise<void>
}

/** Records of changes, until one of the whole document takes their place. */
const MOST_RECORDS = 100

export interface KeptInit {
  party: Party
  /** Of the document: its records open as no other's. */
  name: string
  store: YjsStore
  /** The whole document. */
  state: () => Uint8Array
  onError: (error: Error) => void
  signal: AbortSignal
}

export class Kept {
  readonly #init: KeptInit
  readonly #associatedData: Uint8Array
  #waiting: Uint8Array[] = []
  #records = 0
  /** Does the store lack, or have too much of, what changes told? */
  #isOff = false
  /** Are there records that could not be read? They are kept. */
  #hasUnread = false
  #writing: Promise<void>

  /** @param take - Is given what was kept, as updates */
  constructor (init: KeptInit, take: (update: Uint8Array) => void) {
    this.#init = init
    this.#associatedData = new TextEncoder().encode(`plus-one/yjs/${init.name}`)
    this.#writing = this.#load(take)
  }

  /** This is to be kept; nothing: the whole document, as it is. */
  keep (update?: Uint8Array): void {
    this.#isOff ||= update == null
    this.#waiting.push(...update == null ? [] : [update])
    this.#writing = this.#writing.then(async () => this.#write())
  }

  /** Resolves when all that is here is kept, or `onError` was told why not. */
  async flush (): Promise<void> {
    return this.#writing
  }

  async #load (take: (update: Uint8Array) => void): Promise<void> {
    const { party, store, signal, onError } = this.#init
    const records = await store.load().catch((err: Error) => {
      this.#hasUnread = true
      onError(err)

      return []
    })
    this.#records = records.length

    for (const record of records) {
      try {
        take((await party.open(record, { associatedData: this.#associatedData, signal })).bytes)
      } catch (err) {
        this.#hasUnread = true
        onError(err as Error)
      }
    }
  }

  async #write (): Promise<void> {
    const { party, store, state, onError } = this.#init

    if (this.#waiting.length === 0 && !this.#isOff) {
      return
    }

    const isWhole = this.#isOff || (this.#records >= MOST_RECORDS && !this.#hasUnread)
    const bytes = isWhole ? state() : Y.mergeUpdates(this.#waiting)
    this.#waiting = []
    this.#isOff = false

    try {
      const sealed = await party.seal(bytes, { associatedData: this.#associatedData })

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
