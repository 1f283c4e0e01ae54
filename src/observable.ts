import type { Subscribable } from './interface/index.js'

/** The `subscribe`/`getSnapshot` half of what a UI binds to: the snapshot is made when asked for, once per change. */
export abstract class Observable<Snapshot> implements Subscribable<Snapshot> {
  readonly #listeners = new Set<() => void>()
  #snapshot: Snapshot | undefined

  protected abstract snapshot (): Snapshot

  // arrow functions: UIs pass them on without their object
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)

    return () => { this.#listeners.delete(listener) }
  }

  getSnapshot = (): Snapshot => {
    this.#snapshot ??= this.snapshot()

    return this.#snapshot
  }

  /** The snapshot is made anew when next asked for. */
  protected reset (): void {
    this.#snapshot = undefined
  }

  protected changed (): void {
    this.reset()
    this.#listeners.forEach(listener => { quietly(listener) })
  }
}

/**
 * Runs an app's callback. What it throws is the app's fault: it is reported as
 * the platform reports uncaught errors, and takes neither us nor the node down.
 */
export function quietly (callback: () => void): void {
  try {
    callback()
  } catch (err) {
    if (typeof globalThis.reportError === 'function') {
      globalThis.reportError(err)
    } else {
      // eslint-disable-next-line no-console -- Node has no reportError, and an uncaught error would end the process
      console.error('A callback given to plus-one threw:', err)
    }
  }
}
