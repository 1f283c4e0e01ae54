/** What every call of a party waits for. */
import { obeying } from '../async/obeying.js'
import type { AbortOptions } from '@libp2p/interface'

/** Does work once it may be done, and obeys the signal at once. */
export type Call = <T>(options: AbortOptions | undefined, work: () => Promise<T>) => Promise<T>

/**
 * Calls that wait until the node's parties are loaded.
 *
 * @param ready - Resolves when they are; throws NotStartedError
 * @param life - Aborts when this party is forgotten: its reason is what the calls throw then
 */
export function callsOf (ready: (options?: AbortOptions) => Promise<void>, life: AbortSignal): Call {
  return async (options, work) => obeying(options, async () => {
    life.throwIfAborted()
    await ready(options)
    options?.signal?.throwIfAborted()
    life.throwIfAborted()

    return work()
  })
}
