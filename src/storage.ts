/** The datastore's failures, as StorageError. */
import { StorageError } from './errors.js'
import type { AbortOptions } from '@libp2p/interface'

/**
 * Runs what reads or writes the datastore.
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
    throw err instanceof StorageError ? err : new StorageError(message, { cause: err })
  }
}
