/** Profiles that this node knows: its own, and those that members showed it; the newest wins. */
import { Key as StoreKey } from 'interface-datastore'
import { TypedEventEmitter } from 'main-event'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { keyOf, openProfile, sealProfile } from '../log/terms.js'
import { PREFIX, readRecord, readRecords, setAside, writeBatch } from '../storage.js'
import type { DamagedRecordError } from '../errors.js'
import type { ProfileBook } from '../admission/index.js'
import type { Key, Profile } from '../log/index.js'
import type { RecordEntry } from '../sync/index.js'
import type { PeerId, PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

export interface ProfilesComponents {
  peerId: PeerId
  privateKey: PrivateKey
  datastore: Datastore
}

const PROFILES = `${PREFIX}/profile`

/** Bytes of a record's hash that tell it from another of the same number (docs/sync.md, "Sets"). */
const RECORD_ID = 16

export class Profiles extends TypedEventEmitter<{ 'change': CustomEvent<RecordEntry> }> implements ProfileBook {
  /** This node's signed profile record; empty before it has one. */
  own: Uint8Array = new Uint8Array()
  readonly #components: ProfilesComponents
  readonly #initial: Profile | undefined
  readonly #entries = new Map<Key, RecordEntry>()
  readonly #shown = new Map<Key, Profile>()
  #seq = 0

  constructor (components: ProfilesComponents, initial: Profile | undefined) {
    super()
    this.#components = components
    this.#initial = initial
  }

  /** @returns Those that cannot be read @throws {StorageError} */
  async load (): Promise<DamagedRecordError[]> {
    const damaged = await this.#loadAll()
    const stored = await this.#read(keyOf(this.#components.peerId))

    if (stored != null) {
      const { seq, profile } = await openProfile(stored, hexToBytes(keyOf(this.#components.peerId)))
      this.#seq = seq
      this.own = stored

      if (this.#initial == null || (profile.displayName === this.#initial.displayName && profile.picture === this.#initial.picture)) {
        return damaged
      }
    }

    if (this.#initial != null) {
      await this.setOwn(this.#initial)
    }

    return damaged
  }

  /** @throws {StorageError} */
  async setOwn (profile: Profile): Promise<void> {
    const sealed = await sealProfile(profile, this.#seq + 1, this.#components.privateKey)
    await this.#write(keyOf(this.#components.peerId), sealed)
    this.#seq++
    this.own = sealed
    this.#learn(keyOf(this.#components.peerId), sealed, this.#seq, profile)
  }

  /** Keeps another member's, if it is newer: then true. @throws {ProtocolError} It is not that member's. */
  async put (sealed: Uint8Array, key: Key): Promise<boolean> {
    if (sealed.length === 0) {
      return false
    }

    const { seq, profile } = await openProfile(sealed, hexToBytes(key))

    const known = this.#entries.get(key)
    const entry = entryOf(key, sealed, seq)

    if (known != null && (known.sequence > entry.sequence || (known.sequence === entry.sequence && known.id >= entry.id))) {
      return false
    }

    await this.#write(key, sealed)
    this.#learn(key, sealed, seq, profile)

    return true
  }

  /** Those of others are known no more. @throws {StorageError} */
  async forget (keys: readonly Key[]): Promise<void> {
    const others = keys.filter(key => key !== keyOf(this.#components.peerId) && this.#entries.has(key))
    others.forEach((key) => { this.#entries.delete(key); this.#shown.delete(key) })
    await writeBatch(this.#components.datastore, (batch) => { others.forEach(key => { batch.delete(profileKey(key)) }) })
  }

  /** The store was wiped: nothing is known. */
  reset (): void {
    this.own = new Uint8Array()
    this.#seq = 0
    this.#entries.clear()
    this.#shown.clear()
  }

  /** A member's record in short; undefined: none is known. */
  entry (key: Key): RecordEntry | undefined {
    return this.#entries.get(key)
  }

  /** A member's signed record. @throws {StorageError} */
  async record (key: Key): Promise<Uint8Array | undefined> {
    return this.#read(key)
  }

  /** The profile of a member, as far as it is known here. */
  get (key: Key): Profile {
    return this.#shown.get(key) ?? {}
  }

  #learn (key: Key, sealed: Uint8Array, seq: number, profile: Profile): void {
    const entry = entryOf(key, sealed, seq)
    this.#entries.set(key, entry)
    this.#shown.set(key, profile)
    this.safeDispatchEvent('change', { detail: entry })
  }

  /** One that cannot be read is set aside: members show theirs again. */
  async #loadAll (): Promise<DamagedRecordError[]> {
    const { datastore } = this.#components
    const { records, damaged } = await readRecords(datastore, PROFILES)

    for (const [member, sealed] of records) {
      try {
        const { seq, profile } = await openProfile(sealed, hexToBytes(member))
        this.#learn(member, sealed, seq, profile)
      } catch {
        damaged.set(member, sealed)
      }
    }

    return setAside(datastore, [...damaged.keys()].map(member => `${PROFILES}/${member}`))
  }

  async #read (key: Key): Promise<Uint8Array | undefined> {
    return readRecord(this.#components.datastore, profileKey(key))
  }

  async #write (key: Key, sealed: Uint8Array): Promise<void> {
    const { datastore } = this.#components
    const before = await this.#read(key)

    await writeBatch(datastore, (batch) => { batch.put(profileKey(key), sealed) }, { before: (batch) => { if (before != null) { batch.put(profileKey(key), before) } } })
  }
}

function entryOf (key: Key, sealed: Uint8Array, sequence: number): RecordEntry {
  return { key, sequence, id: bytesToHex(sha256(sealed).subarray(0, RECORD_ID)) }
}

function profileKey (key: Key): StoreKey {
  return new StoreKey(`${PROFILES}/${key}`)
}
