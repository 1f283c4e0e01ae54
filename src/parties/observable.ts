import type { Subscribable } from './interface.js'

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

  protected changed (): void {
    this.#snapshot = undefined
    this.#listeners.forEach(listener => { quietly(listener) })
  }
}

/** Runs an app's callback; what it throws is the app's, not ours to fail by: it is reported as an uncaught error. */
export function quietly (callback: () => void): void {
  try {
    callback()
  } catch (err) {
    queueMicrotask(() => { throw err })
  }
}
