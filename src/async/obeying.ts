/** Calls that wait obey their signal at once. */
import { raceSignal } from 'race-signal'
import type { AbortOptions } from '@libp2p/interface'

/**
 * What it came to; or, once the signal aborts, its reason. What has begun by then goes on behind it: whoever
 * aborts a change does not learn here whether it was written.
 */
export async function obeying <T> (options: AbortOptions | undefined, work: () => Promise<T>): Promise<T> {
  options?.signal?.throwIfAborted()

  return raceSignal(work(), options?.signal)
}
