/** Records that members sign beside a log, as this node knows them: the newest of each member, in its store. */
import { Key as StoreKey } from 'interface-datastore'
import { TypedEventEmitter } from 'main-event'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { keyOf } from '../log/terms.js'
import { readRecord, readRecords, setAside, writeBatch } from '../storage.js'
import type { DamagedRecordError } from '../errors.js'
import type { Key } from '../log/index.js'
import type { RecordEntry } from '../sync/index.js'
import type { PeerId, PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

export interface SignedRecordsComponents {
  peerId: PeerId
  privateKey: PrivateKey
  datastore: Datastore
}

/** A record as it was read. */
export interface Opened<T> {
  seq: number
  value: T
}

/** Bytes of a record's hash that tell it from another of the same number (docs/sync.md, "Sets"). */
const RECORD_ID = 16

export abstract class SignedRecords<T> extends TypedEventEmitter<{ 'change': CustomEvent<RecordEntry> }> {
  protected readonly self: Key
  protected readonly components: SignedRecordsComponents
  readonly #prefix: string
  readonly #known = new Map<Key, { entry: RecordEntry, value: T }>()

  /** @param prefix - Where they lie in the store, one a key below it */
  constructor (components: SignedRecordsComponents, prefix: string) {
    super()
    this.components = components
    this.self = keyOf(components.peerId)
    this.#prefix = prefix
  }

  /** @throws {ProtocolError} It is not that member's, or none. */
  protected abstract open (sealed: Uint8Array, key: Key): Promise<Opened<T>>

  protected abstract seal (value: T, seq: number): Promise<Uint8Array>

  /**
   * Reads what is stored. One that cannot be read is set aside: members show theirs again.
   *
   * @returns Those @throws {StorageError}
   */
  async load (): Promise<DamagedRecordError[]> {
    const { datastore } = this.components
    const { records, damaged } = await readRecords(datastore, this.#prefix)

    for (const [member, sealed] of records) {
      try {
        this.#learn(member, sealed, await this.open(sealed, member))
      } catch {
        damaged.set(member, sealed)
      }
    }

    return setAside(datastore, [...damaged.keys()].map(member => `${this.#prefix}/${member}`))
  }

  /** Signs this node's own. @throws {RangeError} @throws {StorageError} */
  async setOwn (value: T): Promise<void> {
    // others may have kept a newer one than a store that came back
    const seq = (this.#known.get(this.self)?.entry.sequence ?? 0) + 1
    const sealed = await this.seal(value, seq)
    await this.#write(this.self, sealed)
    this.#learn(this.self, sealed, { seq, value })
  }

  /** Keeps a member's, if it is newer: then true. @throws {ProtocolError} It is not that member's. @throws {StorageError} */
  async put (sealed: Uint8Array, key: Key): Promise<boolean> {
    if (sealed.length === 0) {
      return false
    }

    const opened = await this.open(sealed, key)
    const known = this.#known.get(key)?.entry
    const entry = entryOf(key, sealed, opened.seq)

    if (known != null && (known.sequence > entry.sequence || (known.sequence === entry.sequence && known.id >= entry.id))) {
      return false
    }

    await this.#write(key, sealed)
    this.#learn(key, sealed, opened)

    return true
  }

  /** Those of others are known no more. @throws {StorageError} */
  async forget (keys: readonly Key[]): Promise<void> {
    const others = keys.filter(key => key !== this.self && this.#known.delete(key))
    await writeBatch(this.components.datastore, (batch) => { others.forEach(key => { batch.delete(this.#keyOf(key)) }) })
  }

  /** The store was wiped: nothing is known. */
  clear (): void {
    this.#known.clear()
  }

  /** A member's record in short; undefined: none is known. */
  entry (key: Key): RecordEntry | undefined {
    return this.#known.get(key)?.entry
  }

  /** A member's signed record. @throws {StorageError} */
  async record (key: Key): Promise<Uint8Array | undefined> {
    return readRecord(this.components.datastore, this.#keyOf(key))
  }

  protected known (key: Key): T | undefined {
    return this.#known.get(key)?.value
  }

  /** A record is known now. */
  protected learned (_key: Key, _sealed: Uint8Array): void {}

  #learn (key: Key, sealed: Uint8Array, { seq, value }: Opened<T>): void {
    const entry = entryOf(key, sealed, seq)
    this.#known.set(key, { entry, value })
    this.learned(key, sealed)
    this.safeDispatchEvent('change', { detail: entry })
  }

  async #write (key: Key, sealed: Uint8Array): Promise<void> {
    const before = await this.record(key)

    await writeBatch(this.components.datastore, (batch) => { batch.put(this.#keyOf(key), sealed) }, { before: (batch) => { if (before != null) { batch.put(this.#keyOf(key), before) } } })
  }

  #keyOf (key: Key): StoreKey {
    return new StoreKey(`${this.#prefix}/${key}`)
  }
}

function entryOf (key: Key, sealed: Uint8Array, sequence: number): RecordEntry {
  return { key, sequence, id: bytesToHex(sha256(sealed).subarray(0, RECORD_ID)) }
}
