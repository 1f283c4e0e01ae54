/** Records that members sign beside a log, as this node knows them: the newest of each member, in its store. */
import { Key as StoreKey } from 'interface-datastore'
import { TypedEventEmitter } from 'main-event'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { keyOf } from '../log/terms.js'
import { readRecord, readRecords, setAside, writeBatch } from '../storage/records.js'
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
  /** The recovery key of the person for whom its signer speaks. */
  person?: Key
  value: T
}

/** Who may speak for a member: keys that stand for it, those first that count first where numbers are equal. */
export interface Speakers {
  keys: readonly Key[]
  first: Key
  recovery?: Key
}

interface Known<T> extends Opened<T> {
  entry: RecordEntry
}

/** Bytes of a record's hash that tell it from another of the same number (docs/sync.md, "Sets"). */
const RECORD_ID = 16

/**
 * A number that another device signed is counted on from up to the first of these; beyond, where it is no further than the second from
 * this node's own. Who stole a device may take the highest that there is: nobody could say anything under the next one.
 */
const [COUNTED, NEAR] = [2 ** 52, 2 ** 20]

/** What is said anew is this much above what is known: a sibling that says again what another said, one above its own, must not come to the same number. */
const STEP = 2

export abstract class SignedRecords<T> extends TypedEventEmitter<{ 'change': CustomEvent<RecordEntry> }> {
  protected readonly self: Key
  protected readonly components: SignedRecordsComponents
  readonly #prefix: string
  readonly #known = new Map<Key, Known<T>>()
  /** Those of one key are looked at, signed and written one after the other: of two that come at once the older one must not be written last. */
  readonly #turns = new Map<Key, Promise<unknown>>()

  /** @param prefix - Where they lie in the store, one a key below it */
  constructor (components: SignedRecordsComponents, prefix: string) {
    super()
    this.components = components
    this.self = keyOf(components.peerId)
    this.#prefix = prefix
  }

  /** @throws {ProtocolError} It is not that member's, or none. */
  protected abstract open (sealed: Uint8Array, key: Key): Promise<Opened<T>>

  protected abstract seal (value: T, seq: number, person: Key | undefined): Promise<Uint8Array>

  protected abstract isSame (one: T, other: T): boolean

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

  /**
   * Signs this node's own.
   *
   * @param person - The recovery key of the person for whom this node's key speaks: it is newer than what that person's other devices signed
   * @throws {RangeError}
   * @throws {StorageError}
   */
  async setOwn (value: T, person?: Key): Promise<void> {
    await this.#inTurn(this.self, async () => {
      // others may have kept a newer one than a store that came back
      const known = [...this.#known].filter(([key, record]) => key === this.self || (person != null && record.person === person && this.#isCounted(record.seq)))
      await this.#sign(value, Math.max(0, ...known.map(([, { seq }]) => seq)) + STEP, person)
    })
  }

  /**
   * Signs what another device of this node's person said last, under the same number: so that it stays when that device
   * is unlinked, and is what this node shows where it invites or joins.
   *
   * @throws {StorageError}
   */
  async adopt (speakers: Speakers): Promise<void> {
    await this.#inTurn(this.self, async () => {
      const { recovery } = speakers
      const newest = recovery == null ? undefined : this.#newest(speakers)
      const own = this.#known.get(this.self)
      const isSaid = own != null && own.person === recovery && newest != null && this.isSame(own.value, newest.value)

      if (newest != null && newest.person === recovery && !isSaid && this.#isCounted(newest.seq)) {
        await this.#sign(newest.value, Math.max(newest.seq, (own?.seq ?? -1) + 1), recovery)
      }
    })
  }

  /** What a member says: the newest of those who speak for it; of its first key, which may name no person, last. */
  newestOf (speakers: Speakers): T | undefined {
    return this.#newest(speakers)?.value
  }

  /** Keeps a member's, if it is newer: then true. @throws {ProtocolError} It is not that member's. @throws {StorageError} */
  async put (sealed: Uint8Array, key: Key): Promise<boolean> {
    if (sealed.length === 0) {
      return false
    }

    const opened = await this.open(sealed, key)
    const entry = entryOf(key, sealed, opened.seq)

    return this.#inTurn(key, async () => {
      const known = this.#known.get(key)?.entry

      if (known != null && (known.sequence > entry.sequence || (known.sequence === entry.sequence && known.id >= entry.id))) {
        return false
      }

      await this.#write(key, sealed)
      this.#learn(key, sealed, opened)

      return true
    })
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

  #newest ({ keys, first, recovery }: Speakers): Known<T> | undefined {
    let newest: Known<T> | undefined

    for (const key of keys) {
      const record = this.#known.get(key)

      if (recovery != null && record?.person === recovery && (newest == null || newest.seq < record.seq)) {
        newest = record
      }
    }

    return newest ?? this.#known.get(first)
  }

  #isCounted (seq: number): boolean {
    return seq <= COUNTED || seq - (this.#known.get(this.self)?.seq ?? 0) <= NEAR
  }

  async #sign (value: T, seq: number, person: Key | undefined): Promise<void> {
    const sealed = await this.seal(value, seq, person)
    await this.#write(this.self, sealed)
    this.#learn(this.self, sealed, { seq, value, ...person == null ? {} : { person } })
  }

  async #inTurn <T> (key: Key, work: () => Promise<T>): Promise<T> {
    const done = Promise.resolve(this.#turns.get(key)).then(work, work)
    this.#turns.set(key, done)

    try {
      return await done
    } finally {
      if (this.#turns.get(key) === done) {
        this.#turns.delete(key)
      }
    }
  }

  #learn (key: Key, sealed: Uint8Array, opened: Opened<T>): void {
    const entry = entryOf(key, sealed, opened.seq)
    this.#known.set(key, { ...opened, entry })
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
