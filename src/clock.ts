/** Time, and waiting: the platform's, or a test's. */

/** Time, so that tests can fake it. */
export interface Clock {
  /** ms since 1970 */
  now (): number
  /** Like the global one; must not keep a Node process alive. */
  setTimeout (callback: () => void, ms: number): unknown
  clearTimeout (timer: unknown): void
}

/** What only waits needs no time of day. */
export type Timers = Pick<Clock, 'setTimeout' | 'clearTimeout'>

/** `setTimeout` takes 32-bit signed ms. */
const LONGEST_TIMEOUT = 2 ** 31 - 1

/** The platform's clock; its timers do not keep a Node process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => {
    const timer = globalThis.setTimeout(callback, ms)

    if (typeof timer === 'object') {
      timer.unref()
    }

    return timer
  },
  clearTimeout: (timer) => { globalThis.clearTimeout(timer as ReturnType<typeof globalThis.setTimeout>) }
}

/** Calls back at a moment however far away; returns the function that calls it off. */
export function at (clock: Clock, moment: number, callback: () => void): () => void {
  let timer: unknown

  const wait = (): void => {
    const ms = moment - clock.now()

    if (ms > 0) {
      timer = clock.setTimeout(wait, Math.min(ms, LONGEST_TIMEOUT))
    } else {
      callback()
    }
  }

  timer = clock.setTimeout(wait, Math.min(Math.max(0, moment - clock.now()), LONGEST_TIMEOUT))

  return () => { clock.clearTimeout(timer) }
}

/** Aborts after so many ms with a TimeoutError, as `AbortSignal.timeout`. */
export function timeout (clock: Timers, ms: number): AbortSignal {
  const late = new AbortController()
  clock.setTimeout(() => { late.abort(new DOMException('It took too long', 'TimeoutError')) }, ms)

  return late.signal
}

/** Resolves after a while; rejects with the signal's reason. */
export async function delay (clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()

  if (ms <= 0) {
    return
  }

  await new Promise<void>((resolve, reject) => {
    const abort = (): void => {
      clock.clearTimeout(timer)
      reject(signal.reason as Error)
    }
    const timer = clock.setTimeout(() => {
      signal.removeEventListener('abort', abort)
      resolve()
    }, ms)
    signal.addEventListener('abort', abort, { once: true })
  })
}
