/** Time, and waiting: the platform's, or a test's. */

/** Time, so that tests can fake it. */
export interface Clock {
  /** The time of day, ms since 1970: somebody may set it, forth or back. */
  now (): number
  /** ms since some moment, whatever becomes of the time of day: what lasts a while is measured by it. */
  elapsed (): number
  /** Like the global one; must not keep a Node process alive. */
  setTimeout (callback: () => void, ms: number): unknown
  /** Calls off what `setTimeout` returned. */
  clearTimeout (timer: unknown): void
}

/** What only waits needs no time of day. */
export type Timers = Pick<Clock, 'setTimeout' | 'clearTimeout'>

/** `setTimeout` takes 32-bit signed ms. */
const LONGEST_TIMEOUT = 2 ** 31 - 1

/** How late it may be noticed that a moment has come sooner than it seemed, ms: timers do not know of a clock that is set, nor of a machine that sleeps. */
const NOTICE = 60_000

/** The platform's clock; its timers do not keep a Node process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  setTimeout: (callback, ms) => {
    const timer = globalThis.setTimeout(callback, ms)

    if (typeof timer === 'object') {
      timer.unref()
    }

    return timer
  },
  clearTimeout: (timer) => { globalThis.clearTimeout(timer as ReturnType<typeof globalThis.setTimeout>) }
}

/** Calls back at a moment, by the time of day and however far away; returns the function that calls it off. For a while there is `after`. */
export function at (clock: Clock, moment: number, callback: () => void): () => void {
  let timer: unknown

  const wait = (): void => {
    const ms = moment - clock.now()

    if (ms > 0) {
      timer = clock.setTimeout(wait, Math.min(ms, NOTICE))
    } else {
      callback()
    }
  }

  timer = clock.setTimeout(wait, Math.min(Math.max(0, moment - clock.now()), NOTICE))

  return () => { clock.clearTimeout(timer) }
}

/** Calls back after a while, ms, whatever becomes of the time of day; never where it is infinite. Returns the function that calls it off. */
export function after (clock: Timers, ms: number, callback: () => void): () => void {
  if (!Number.isFinite(ms)) {
    return () => {}
  }

  const timer = clock.setTimeout(callback, Math.min(ms, LONGEST_TIMEOUT))

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
