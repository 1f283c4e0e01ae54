/** Where logs lie in the node's datastore. */
import { PlusOneError, StorageError } from '../errors.js'
import { PREFIX, storedKeys } from '../storage/records.js'
import type { OpId } from './kinds.js'
import type { AbortOptions } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

export const LOGS = `${PREFIX}/log`

/** Runs what reads stored bytes. @throws {StorageError} They are not what was written. */
export function readable <T> (read: () => T): T {
  try {
    return read()
  } catch (err) {
    throw err instanceof PlusOneError ? err : new StorageError('The stored log is damaged; restore it from a backup, or join again', { cause: err })
  }
}

/** The keys of all logs in a datastore. @throws {StorageError} */
export async function listLogs (datastore: Datastore, options?: AbortOptions): Promise<OpId[]> {
  return [...new Set((await storedKeys(datastore, LOGS, options)).map(key => key.namespaces()[2] ?? ''))]
}
