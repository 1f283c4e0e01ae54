/** State that any UI can bind, and whoever listens to it. */

/** State that any UI can bind: the shape of React's `useSyncExternalStore`. */
export interface Subscribable<Snapshot> {
  /** Calls `listener` after each change; returns the function that ends it. */
  subscribe: (listener: () => void) => () => void
  /** The state now: the same object until something changes. */
  getSnapshot: () => Snapshot
}

/** Who is told of changes. */
export class Listeners {
  /** Of thousands of things that a UI could follow it follows few. */
  #all: Set<() => void> | undefined

  get size (): number {
    return this.#all?.size ?? 0
  }

  /** @returns What takes it away again */
  add (listener: () => void): () => void {
    this.#all ??= new Set()
    this.#all.add(listener)

    return () => {
      this.#all?.delete(listener)

      if (this.#all?.size === 0) {
        this.#all = undefined
      }
    }
  }

  tell (): void {
    this.#all?.forEach(listener => { quietly(listener) })
  }
}

/** The `subscribe`/`getSnapshot` half of what a UI binds to: the snapshot is made when asked for, once per change. */
export abstract class Observable<Snapshot> implements Subscribable<Snapshot> {
  readonly #listeners = new Listeners()
  #snapshot: Snapshot | undefined

  protected abstract snapshot (): Snapshot

  // arrow functions: UIs pass them on without their object
  subscribe = (listener: () => void): (() => void) => this.#listeners.add(listener)

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
    this.#listeners.tell()
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
