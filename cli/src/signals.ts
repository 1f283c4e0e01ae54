/** Ctrl-C and its kin as an AbortSignal. */
import { CancelledError } from './exit.js'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Turns the first signal into an abort, so that what is under way can end in
 * order; a second ends the process at once.
 */
export function signalsOf (proc: NodeJS.Process): { signal: AbortSignal, interrupt: () => void } {
  const controller = new AbortController()
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      proc.exit(name === 'SIGINT' ? 130 : 143)
    }

    controller.abort(new CancelledError(name))
  }

  SIGNALS.forEach(name => proc.on(name, onSignal))

  return { signal: controller.signal, interrupt: () => { onSignal('SIGINT') } }
}

/** For what runs until it is stopped. */
export async function untilSignal (signal: AbortSignal): Promise<void> {
  if (!signal.aborted) {
    await new Promise<void>(resolve => { signal.addEventListener('abort', () => { resolve() }, { once: true }) })
  }
}
