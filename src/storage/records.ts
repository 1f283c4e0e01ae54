/** What plus-one keeps in the node's datastore: how it is written, checked when it is read, and what becomes of what is damaged (docs/storage.md). */
import { Key } from 'interface-datastore'
import { DamagedRecordError, PlusOneError, StorageError, StoreVersionError } from '../errors.js'
import { Writer } from './writer.js'
import type { Fill, Writing } from './writer.js'
import type { AbortOptions } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

/** All that plus-one keeps is below this. */
export const PREFIX = '/plus-one'

/** Damaged records are kept below this, each under the rest of its key. */
const ASIDE = `${PREFIX}/damaged`

const VERSION_KEY = new Key(`${PREFIX}/version`)

/** How things lie on disk: 1 had no number, and the membership log of that time. */
const VERSION = 2

/** Bytes of the checksum in front of each record. */
const CHECKSUM = 4

/** CRC-32, reversed (ISO 3309): finds whatever a disk does to up to 32 bits in a row. */
const POLYNOMIAL = 0xedb88320

/** What each byte does to the checksum, and, 256 entries further each, what it does with one to seven bytes behind it: eight bytes are taken at once. */
const TABLE = new Uint32Array(8 * 256)

for (let at = 0; at < TABLE.length; at++) {
  let rest = at < 256 ? at : TABLE[at - 256] as number

  for (let bit = 0; bit < 8; bit++) {
    rest = rest >>> 1 ^ (rest & 1) * POLYNOMIAL
  }

  TABLE[at] = rest
}

export type { Fill, Writing } from './writer.js'

export interface Records {
  /** By key, without the prefix; sorted. */
  records: Map<string, Uint8Array>
  /** Those that are not what was written, in the same way; they lie where they were. */
  damaged: Map<string, Uint8Array>
}

/** One for each datastore: whoever shares it waits for the others. */
const writers = new WeakMap<Datastore, Writer>()

function writerOf (datastore: Datastore): Writer {
  const writer = writers.get(datastore) ?? new Writer(datastore)
  writers.set(datastore, writer)

  return writer
}

/** Is what asks for it written through to the disk, where the datastore can (docs/storage.md, "Power loss")? */
export function syncTo (datastore: Datastore, syncs: boolean): void {
  writerOf(datastore).syncs = syncs
}

/**
 * Runs what reads the datastore.
 *
 * @param message - What a failure means to a person, and what to do
 * @throws {StorageError} It failed, or what it read is not what was written.
 * @throws the signal's reason, where that ended it
 */
export async function stored <T> (work: () => T | Promise<T>, message?: string, { signal }: AbortOptions = {}): Promise<T> {
  try {
    return await work()
  } catch (err) {
    signal?.throwIfAborted()
    throw err instanceof PlusOneError ? err : new StorageError(message, { cause: err })
  }
}

/**
 * Writes all that `fill` puts, in one batch. A signal ends it before its turn comes, never in its midst.
 *
 * @throws {StorageError} Whether it is on disk is not known. Nothing more is written before it is: then all is as
 * `before` says, which the next write sees to.
 */
export async function writeBatch (datastore: Datastore, fill: Fill, { signal, before, sync }: Writing & AbortOptions = {}): Promise<void> {
  signal?.throwIfAborted()
  await stored(async () => writerOf(datastore).write(sealing(fill), { before: before && sealing(before), sync }))
}

/** Resolves once what is on disk is what was written: who begins to read waits for it. @throws {StorageError} */
export async function known (datastore: Datastore): Promise<void> {
  await stored(async () => writerOf(datastore).known())
}

/** One record; undefined: there is none. @throws {DamagedRecordError} It is not what was written. @throws {StorageError} */
export async function readRecord (datastore: Datastore, key: Key, options?: AbortOptions): Promise<Uint8Array | undefined> {
  await known(datastore)

  return stored(async () => {
    const bytes = await datastore.has(key, options) ? await datastore.get(key, options) : undefined

    if (bytes != null && !isWhole(bytes)) {
      throw new DamagedRecordError(key.toString())
    }

    return bytes?.subarray(CHECKSUM)
  }, undefined, options)
}

/** The keys of what lies below a prefix, as it was written. @throws {StorageError} */
export async function storedKeys (datastore: Datastore, prefix: string, options?: AbortOptions): Promise<Key[]> {
  await known(datastore)

  return stored(async () => {
    const keys: Key[] = []

    for await (const key of datastore.queryKeys({ prefix: `${prefix}/` }, options)) {
      keys.push(key)
    }

    return keys
  }, undefined, options)
}

/** All records below a prefix. @throws {StorageError} */
export async function readRecords (datastore: Datastore, prefix: string, options?: AbortOptions): Promise<Records> {
  await known(datastore)
  const all: Array<[string, Uint8Array]> = []

  await stored(async () => {
    for await (const { key, value } of datastore.query({ prefix: `${prefix}/` }, options)) {
      all.push([key.toString().slice(prefix.length + 1), value])
    }
  }, undefined, options)

  all.sort(([a], [b]) => a < b ? -1 : 1)
  const found: Records = { records: new Map(), damaged: new Map() }

  for (const [key, bytes] of all) {
    (isWhole(bytes) ? found.records : found.damaged).set(key, bytes.subarray(CHECKSUM))
  }

  return found
}

/** Records that were set aside below a prefix. @throws {StorageError} */
export async function readAside (datastore: Datastore, prefix: string, options?: AbortOptions): Promise<Records> {
  return readRecords(datastore, asideOf(prefix), options)
}

/** Moves records that cannot be used to where they are kept, and out of the way. @throws {StorageError} */
export async function setAside (datastore: Datastore, keys: string[]): Promise<DamagedRecordError[]> {
  if (keys.length > 0) {
    await stored(async () => {
      const values = await Promise.all(keys.map(async key => datastore.get(new Key(key, false))))
      const put = (keyOf: (key: string) => string): Fill => (batch) => { keys.forEach((key, i) => { batch.put(new Key(keyOf(key), false), values[i] as Uint8Array) }) }

      await writerOf(datastore).write((batch) => {
        put(asideOf)(batch)
        keys.forEach((key) => { batch.delete(new Key(key, false)) })
      }, { before: put(key => key) })
    })
  }

  return keys.map(key => new DamagedRecordError(key))
}

/** Where what lay under this key, or prefix, is kept when it cannot be read. */
export function asideOf (key: string): string {
  return `${ASIDE}${key.slice(PREFIX.length)}`
}

/**
 * Marks a store that is empty as of this version.
 *
 * @throws {StoreVersionError} It is of another: nothing of it is changed.
 * @throws {StorageError}
 */
export async function checkVersion (datastore: Datastore): Promise<void> {
  const [version = 0] = await readRecord(datastore, VERSION_KEY) ?? []

  if (version === VERSION) {
    return
  }

  const { records, damaged } = await readRecords(datastore, PREFIX)

  if (records.size + damaged.size > 0) {
    throw new StoreVersionError(version === 0 ? 1 : version)
  }

  await writeBatch(datastore, batch => { batch.put(VERSION_KEY, Uint8Array.of(VERSION)) })
}

function sealing (fill: Fill): Fill {
  return (batch) => { fill({ put: (key, value) => { batch.put(key, sealed(value)) }, delete: (key) => { batch.delete(key) } }) }
}

function sealed (record: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(CHECKSUM + record.length)
  new DataView(bytes.buffer).setUint32(0, checksum(record))
  bytes.set(record, CHECKSUM)

  return bytes
}

function isWhole (bytes: Uint8Array): boolean {
  return bytes.length >= CHECKSUM && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) === checksum(bytes.subarray(CHECKSUM))
}

/** CRC-32 of a record. */
export function checksum (bytes: Uint8Array): number {
  const table = TABLE
  const { length } = bytes
  let rest = -1
  let at = 0

  // by the slice (Kounavis and Berry, "slicing-by-8"): a log is opened at the rate of this
  for (; at + 8 <= length; at += 8) {
    rest ^= bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24
    rest = table[1792 + (rest & 0xff)]! ^ table[1536 + (rest >>> 8 & 0xff)]! ^ table[1280 + (rest >>> 16 & 0xff)]! ^ table[1024 + (rest >>> 24)]! ^
      table[768 + bytes[at + 4]!]! ^ table[512 + bytes[at + 5]!]! ^ table[256 + bytes[at + 6]!]! ^ table[bytes[at + 7]!]!
  }

  for (; at < length; at++) {
    rest = table[(rest ^ bytes[at]!) & 0xff]! ^ rest >>> 8
  }

  return ~rest >>> 0
}
