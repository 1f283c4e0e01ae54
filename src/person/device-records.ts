/** The records of a home, as they are kept and synced beside its log: the newest of each slot, while the device that signed it stands. */
import { Key as StoreKey } from 'interface-datastore'
import { TypedEventEmitter } from 'main-event'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { DEVICES } from '../sync/constants.js'
import { PREFIX, readRecords, setAside, writeBatch } from '../storage/records.js'
import { openDeviceRecord, sealDeviceRecord, slotOf } from './device-record.js'
import { homeSeatOf, recoveryOf } from './home.js'
import { SerialQueue } from '../async/serial-queue.js'
import type { Clock } from '../async/clock.js'
import type { DamagedRecordError } from '../errors.js'
import type { DeviceFact, DeviceFacts, DeviceRecord } from './device-record.js'
import type { Key, MembershipLog, OpId, PersonId } from '../log/index.js'
import type { RecordEntry, RecordSet, RecordSetEvents } from '../sync/index.js'
import type { PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

const RECORDS = `${PREFIX}/device`

/** Devices whose records are kept, at most, those nearest to the words first: who stole one could link any number. */
export const MAX_DEVICES = 32

/** Bytes of one device's records, at most: a thousand parties and more. */
export const MAX_BYTES = 1_048_576

/** Bytes of a record's hash that tell it from another of the same number (docs/sync.md, "Sets"). */
const RECORD_ID = 16

interface Kept extends DeviceRecord {
  sealed: Uint8Array
  entry: RecordEntry
}

export interface DeviceRecordsEvents extends RecordSetEvents {
  /** What is known of devices is another. */
  change: CustomEvent<unknown>
}

export interface DeviceRecordsInit {
  datastore: Datastore
  privateKey: PrivateKey
  clock: Clock
}

export class DeviceRecords extends TypedEventEmitter<DeviceRecordsEvents> implements RecordSet {
  readonly number = DEVICES
  readonly #saying = new SerialQueue()
  readonly #home: MembershipLog
  readonly #seat: PersonId
  readonly #init: DeviceRecordsInit
  readonly #kept = new Map<Key, Kept>()

  constructor (home: MembershipLog, init: DeviceRecordsInit) {
    super()
    this.#home = home
    this.#seat = homeSeatOf(recoveryOf(home))
    this.#init = init
    home.addEventListener('members', () => { this.#drop().catch(() => { /* they count no more, and the next start drops them */ }) })
  }

  /** @returns Those that cannot be read: other devices have them, and this one writes its own anew @throws {StorageError} */
  async load (): Promise<DamagedRecordError[]> {
    const { datastore } = this.#init
    const { records, damaged } = await readRecords(datastore, RECORDS)
    const foreign: string[] = []
    this.#kept.clear()

    for (const [slot, sealed] of records) {
      try {
        const record = await openDeviceRecord(this.#home.key, sealed)
        this.#kept.set(slot, keptOf(record, sealed))
      } catch {
        foreign.push(slot)
      }
    }

    // those of a home that this device was in before
    await writeBatch(datastore, (batch) => { foreign.forEach(slot => { batch.delete(storeKey(slot)) }) })
    await this.#drop()

    return setAside(datastore, [...damaged.keys()].map(slot => `${RECORDS}/${slot}`))
  }

  /** Devices whose records count: those that stand, nearest to the words first. */
  get devices (): Key[] {
    return this.#home.keysOf(this.#seat).filter(key => key !== recoveryOf(this.#home)).slice(0, MAX_DEVICES)
  }

  /** What a device shows of itself. */
  factsOf (device: Key): DeviceFacts | undefined {
    const fact = this.#kept.get(slotOf(device, { kind: 'device', name: '', addedAt: 0 }))?.fact

    return fact?.kind === 'device' && this.#stands(device) ? fact : undefined
  }

  /** What a device says of a party. */
  of (device: Key, party: OpId): Exclude<DeviceFact, DeviceFacts> | undefined {
    const fact = this.#kept.get(slotOf(device, { kind: 'gone', party }))?.fact

    return fact == null || fact.kind === 'device' || !this.#stands(device) ? undefined : fact
  }

  /** All that devices that stand say of parties. */
  * all (): Iterable<{ device: Key, fact: Exclude<DeviceFact, DeviceFacts> }> {
    const standing = new Set(this.devices)

    for (const { device, fact } of this.#kept.values()) {
      if (fact.kind !== 'device' && standing.has(device)) {
        yield { device, fact }
      }
    }
  }

  /**
   * Signs and keeps what this device says, each thing in place of what it said before, in one batch.
   *
   * @param facts - Asked for once all that was said before is kept: what rests on it misses nothing
   * @throws {StorageError}
   */
  async say (facts: () => readonly DeviceFact[]): Promise<void> {
    const { privateKey, clock } = this.#init
    const { self } = this.#home

    await this.#saying.add(async () => {
      const records = await Promise.all(facts().map(async (fact) => {
        // by the clock, so that a store which came back older does not go back with it
        const sequence = Math.max(clock.now(), 1 + (this.#kept.get(slotOf(self, fact))?.sequence ?? 0))

        return keptOf({ device: self, sequence, fact }, await sealDeviceRecord(this.#home.key, fact, sequence, privateKey))
      }))
      await this.#write(records)
    })
  }

  * entries (): Iterable<RecordEntry> {
    const standing = new Set(this.devices)

    for (const { entry, device } of this.#kept.values()) {
      if (standing.has(device)) {
        yield entry
      }
    }
  }

  async get (slot: Key): Promise<Uint8Array | undefined> {
    const kept = this.#kept.get(slot)

    return kept != null && this.#stands(kept.device) ? kept.sealed : undefined
  }

  async keep (sealed: Uint8Array[]): Promise<{ kept: number, refused: number, early: number }> {
    const opened = await Promise.all(sealed.map(async bytes => openDeviceRecord(this.#home.key, bytes).then(record => keptOf(record, bytes), () => undefined)))
    const newer = new Map<Key, Kept>()
    let refused = 0
    let early = 0

    for (const kept of opened) {
      const before = kept == null ? undefined : newer.get(kept.entry.key) ?? this.#kept.get(kept.entry.key)

      if (kept == null) {
        refused++
      } else if (!this.#stands(kept.device)) {
        // its LINK may still come
        early++
      } else if (isNewer(kept.entry, before?.entry) && this.#bytesOf(kept, newer) <= MAX_BYTES) {
        newer.set(kept.entry.key, kept)
      }
    }

    await this.#write([...newer.values()])

    return { kept: newer.size, refused, early }
  }

  #stands (device: Key): boolean {
    return this.devices.includes(device)
  }

  /** What a device's records would take with this one. */
  #bytesOf ({ device, entry, sealed }: Kept, newer: ReadonlyMap<Key, Kept>): number {
    const others = new Map([...this.#kept, ...newer].filter(([slot, other]) => other.device === device && slot !== entry.key))

    return [...others.values()].reduce((sum, other) => sum + other.sealed.length, sealed.length)
  }

  async #write (records: readonly Kept[]): Promise<void> {
    if (records.length === 0) {
      return
    }

    await writeBatch(this.#init.datastore, (batch) => { records.forEach(({ entry, sealed }) => { batch.put(storeKey(entry.key), sealed) }) }, {
      before: (batch) => { this.#putKept(batch, records.map(({ entry }) => entry.key)) }
    })
    records.forEach((kept) => { this.#kept.set(kept.entry.key, kept) })
    this.safeDispatchEvent('records', { detail: { changed: records.map(({ entry }) => entry), gone: [] } })
    this.safeDispatchEvent('change', { detail: undefined })
  }

  /** What a device said that does not stand any more is gone. */
  async #drop (): Promise<void> {
    const standing = new Set(this.devices)
    const gone = [...this.#kept].filter(([, { device }]) => !standing.has(device))

    // before the past of this device's own LINK is here, nobody can be told
    if (!this.#home.synced || gone.length === 0) {
      return
    }

    gone.forEach(([slot]) => { this.#kept.delete(slot) })
    this.safeDispatchEvent('records', { detail: { changed: [], gone: gone.map(([slot]) => slot) } })
    this.safeDispatchEvent('change', { detail: undefined })
    await writeBatch(this.#init.datastore, (batch) => { gone.forEach(([slot]) => { batch.delete(storeKey(slot)) }) }, {
      before: (batch) => { this.#putKept(batch, gone.map(([slot]) => slot)) }
    })
  }

  #putKept (batch: Parameters<Parameters<typeof writeBatch>[1]>[0], slots: readonly Key[]): void {
    slots.forEach((slot) => {
      const kept = this.#kept.get(slot)

      if (kept == null) {
        batch.delete(storeKey(slot))
      } else {
        batch.put(storeKey(slot), kept.sealed)
      }
    })
  }
}

function keptOf (record: DeviceRecord, sealed: Uint8Array): Kept {
  const entry = { key: slotOf(record.device, record.fact), sequence: record.sequence, id: bytesToHex(sha256(sealed).subarray(0, RECORD_ID)) }

  return { ...record, sealed, entry }
}

function isNewer (entry: RecordEntry, before: RecordEntry | undefined): boolean {
  return before == null || entry.sequence > before.sequence || (entry.sequence === before.sequence && entry.id > before.id)
}

function storeKey (slot: Key): StoreKey {
  return new StoreKey(`${RECORDS}/${slot}`)
}
