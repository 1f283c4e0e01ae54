/** Where a log lies in the node's datastore: all under one prefix, each op at its place. */
import { Key } from 'interface-datastore'
import { decodeStrict, encode } from '../codec/index.js'
import { StorageError } from '../errors.js'
import { MAX_BODY } from './op.js'
import type { Grant } from './grant.js'
import type { OpId, SignedOp } from './op.js'
import type { AbortOptions } from '@libp2p/interface'
import type { Batch, Datastore } from 'interface-datastore'

/** All that plus-one keeps is below this. */
export const PREFIX = '/plus-one'

const LOGS = `${PREFIX}/log`

/** Bytes of a stored op or grant, at most. */
const MAX_STORED = 16 * MAX_BODY

export class LogStore {
  readonly #datastore: Datastore
  readonly #root: string

  constructor (datastore: Datastore, key: OpId) {
    this.#datastore = datastore
    this.#root = `${LOGS}/${key}`
  }

  /** Puts an op at its place; places sort as they grow. */
  putOp (batch: Batch, place: number, op: SignedOp): void {
    batch.put(new Key(`${this.#root}/op/${place.toString().padStart(10, '0')}`), encode([op.body, op.sig]))
  }

  putGrant (batch: Batch, { admit, authority }: Grant): void {
    batch.put(new Key(`${this.#root}/grant`), encode([admit, ...authority].map(op => [op.body, op.sig])))
  }

  deleteGrant (batch: Batch): void {
    batch.delete(new Key(`${this.#root}/grant`))
  }

  /** Writes all that `fill` puts, or nothing. @throws {StorageError} */
  async write (fill: (batch: Batch) => void, options?: AbortOptions): Promise<void> {
    await writeBatch(this.#datastore, fill, options)
  }

  /** Ops in the order of their places, and the grant if the log waits for its past. @throws {StorageError} */
  async load (options?: AbortOptions): Promise<{ ops: SignedOp[], grant?: Grant }> {
    const entries: Array<[string, Uint8Array]> = []

    try {
      for await (const { key, value } of this.#datastore.query({ prefix: `${this.#root}/` }, options)) {
        entries.push([key.toString(), value])
      }
    } catch (err) {
      options?.signal?.throwIfAborted()
      throw new StorageError(undefined, { cause: err })
    }

    entries.sort(([a], [b]) => a < b ? -1 : 1)
    const grant = entries.find(([key]) => key.endsWith('/grant'))
    const ops = entries.filter(([key]) => key.startsWith(`${this.#root}/op/`))

    try {
      const [admit, ...authority] = grant == null ? [] : (decodeStrict(grant[1], MAX_STORED) as unknown[]).map(signedOp)

      return { ops: ops.map(([, value]) => signedOp(decodeStrict(value, MAX_STORED))), ...(admit == null ? {} : { grant: { admit, authority } }) }
    } catch (err) {
      throw new StorageError('The stored log is damaged; restore it from a backup, or join again', { cause: err })
    }
  }
}

function signedOp (value: unknown): SignedOp {
  if (!Array.isArray(value) || !(value[0] instanceof Uint8Array) || !(value[1] instanceof Uint8Array)) {
    throw new StorageError('The stored log is damaged; restore it from a backup, or join again')
  }

  return { body: value[0], sig: value[1] }
}

/** The keys of all logs in a datastore. @throws {StorageError} */
export async function listLogs (datastore: Datastore, options?: AbortOptions): Promise<OpId[]> {
  const keys = new Set<OpId>()

  try {
    for await (const key of datastore.queryKeys({ prefix: `${LOGS}/` }, options)) {
      keys.add(key.namespaces()[2] ?? '')
    }
  } catch (err) {
    throw new StorageError(undefined, { cause: err })
  }

  return [...keys]
}

/** Writes all that `fill` puts in one batch. @throws {StorageError} Nothing was written. */
export async function writeBatch (datastore: Datastore, fill: (batch: Batch) => void, options?: AbortOptions): Promise<void> {
  try {
    const batch = datastore.batch()
    fill(batch)
    await batch.commit(options)
  } catch (err) {
    options?.signal?.throwIfAborted()
    throw err instanceof StorageError ? err : new StorageError(undefined, { cause: err })
  }
}
