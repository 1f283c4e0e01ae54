/** State that any UI can bind: the shape of React's `useSyncExternalStore`. */
export interface Subscribable<Snapshot> {
  /** Calls `listener` after each change; returns the function that ends it. */
  subscribe: (listener: () => void) => () => void
  /** The state now: the same object until something changes. */
  getSnapshot: () => Snapshot
}
