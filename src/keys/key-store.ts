/** Where the secrets and wrap sets of a party lie in the node's datastore (docs/keys.md, "In the store"). */
import { Key as StoreKey } from 'interface-datastore'
import { DamagedRecordError } from '../errors.js'
import { PREFIX, readRecord, readRecords, setAside, storedKeys, writeBatch } from '../storage/records.js'
import type { EpochSecret } from './derive.js'
import type { OpId } from '../log/index.js'
import type { Fill } from '../storage/records.js'
import type { AbortOptions } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

const KEYS = `${PREFIX}/keys`

type Draft = Parameters<Fill>[0]

/** Puts secrets that came with a Grant into the batch that begins a party's log: they count once their REKEYs are here, and hold. */
export function putGranted (batch: Draft, party: OpId, secrets: readonly EpochSecret[]): void {
  secrets.forEach(({ rekey, secret }) => { batch.put(secretKey(party, rekey), secret) })
}

function secretKey (party: OpId, rekey: OpId): StoreKey {
  return new StoreKey(`${KEYS}/${party}/secret/${rekey}`, false)
}

export interface StoredKeys {
  secrets: EpochSecret[]
  /** Hashes of the wrap sets. */
  sets: string[]
  /** Secrets that could not be read; they were set aside. */
  damaged: DamagedRecordError[]
}

export class KeyStore {
  readonly #datastore: Datastore
  readonly #party: OpId

  constructor (datastore: Datastore, party: OpId) {
    this.#datastore = datastore
    this.#party = party
  }

  /** @throws {StorageError} */
  async load (options?: AbortOptions): Promise<StoredKeys> {
    const { records, damaged } = await readRecords(this.#datastore, `${KEYS}/${this.#party}/secret`, options)
    const sets = await this.#hashes(options)

    return {
      secrets: [...records].map(([rekey, secret]) => ({ rekey, secret })),
      sets,
      damaged: await setAside(this.#datastore, [...damaged.keys()].map(rekey => secretKey(this.#party, rekey).toString()))
    }
  }

  /** A wrap set by its hash; undefined: it is not there any more, or damaged. @throws {StorageError} */
  async wrapSet (hash: string, options?: AbortOptions): Promise<Uint8Array | undefined> {
    const key = this.#setKey(hash)

    try {
      return await readRecord(this.#datastore, key, options)
    } catch (err) {
      if (!(err instanceof DamagedRecordError)) {
        throw err
      }

      // others have it; and its secret is here, or is asked for
      await setAside(this.#datastore, [key.toString()])

      return undefined
    }
  }

  put (batch: Draft, { rekey, secret }: EpochSecret): void {
    batch.put(secretKey(this.#party, rekey), secret)
  }

  delete (batch: Draft, rekey: OpId): void {
    batch.delete(secretKey(this.#party, rekey))
  }

  putSet (batch: Draft, hash: string, bytes: Uint8Array): void {
    batch.put(this.#setKey(hash), bytes)
  }

  deleteSet (batch: Draft, hash: string): void {
    batch.delete(this.#setKey(hash))
  }

  /** Writes all that `fill` puts. @throws {StorageError} */
  async write (fill: Fill, options?: AbortOptions): Promise<void> {
    await writeBatch(this.#datastore, fill, { ...options, sync: true })
  }

  async #hashes (options?: AbortOptions): Promise<string[]> {
    return (await storedKeys(this.#datastore, `${KEYS}/${this.#party}/wraps`, options)).map(key => key.name())
  }

  #setKey (hash: string): StoreKey {
    return new StoreKey(`${KEYS}/${this.#party}/wraps/${hash}`, false)
  }
}
