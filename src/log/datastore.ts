/** Where plus-one keeps its things in the node's datastore, and how it writes them. */
import { StorageError } from '../errors.js'
import { stored } from '../storage.js'
import type { OpId } from './kinds.js'
import type { AbortOptions } from '@libp2p/interface'
import type { Batch, Datastore } from 'interface-datastore'

/** All that plus-one keeps is below this. */
export const PREFIX = '/plus-one'

export const LOGS = `${PREFIX}/log`

export const DAMAGED = 'The stored log is damaged; restore it from a backup, or join again'

/** Runs what reads stored bytes. @throws {StorageError} They are not what was written. */
export function readable <T> (read: () => T): T {
  try {
    return read()
  } catch (err) {
    throw err instanceof StorageError ? err : new StorageError(DAMAGED, { cause: err })
  }
}

/** The keys of all logs in a datastore. @throws {StorageError} */
export async function listLogs (datastore: Datastore, options?: AbortOptions): Promise<OpId[]> {
  return stored(async () => {
    const keys = new Set<OpId>()

    for await (const key of datastore.queryKeys({ prefix: `${LOGS}/` }, options)) {
      keys.add(key.namespaces()[2] ?? '')
    }

    return [...keys]
  }, undefined, options)
}

/** Writes all that `fill` puts in one batch. @throws {StorageError} Nothing was written. */
export async function writeBatch (datastore: Datastore, fill: (batch: Batch) => void, options?: AbortOptions): Promise<void> {
  await stored(async () => {
    const batch = datastore.batch()
    fill(batch)
    await batch.commit(options)
  }, undefined, options)
}
