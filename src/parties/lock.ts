/**
 * One writer per profile: tabs of one app share a store, and two nodes of one key
 * would fork its chain. The Web Locks API says who writes; where there is none,
 * as in old runtimes, the datastore's own lock has to.
 */
import { StorageError } from '../errors.js'

export interface Lock {
  /** Was it free? */
  free: Promise<boolean>
  /** Resolves once it is given back. */
  released: Promise<void>
}

/**
 * Takes the lock, now or when whoever has it goes.
 *
 * @param taken - Called once it is this node's
 * @param signal - Gives it back
 */
export function takeLock (name: string, taken: () => void, signal: AbortSignal): Lock {
  const locks = globalThis.navigator?.locks as LockManager | undefined

  if (locks == null) {
    taken()
    return { free: Promise.resolve(true), released: Promise.resolve() }
  }

  const free = Promise.withResolvers<boolean>()
  const hold = async (): Promise<void> => {
    taken()
    await new Promise<void>(resolve => { signal.addEventListener('abort', () => { resolve() }, { once: true }) })
  }
  const request = async (): Promise<void> => {
    const had = await locks.request(name, { ifAvailable: true }, async (lock) => {
      free.resolve(lock != null)

      if (lock != null) {
        await hold()
      }

      return lock != null
    })

    if (!had) {
      await locks.request(name, { signal }, hold)
    }
  }

  // it rejects where the node stops before its turn came
  return { free: free.promise, released: request().catch(() => { free.resolve(false) }) }
}

/** What the second tab is told. */
export function elsewhere (): StorageError {
  return new StorageError('Another tab or window of this app has these parties open; use that one, or close it and this one goes on')
}
