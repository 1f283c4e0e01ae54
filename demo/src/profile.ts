/**
 * Which person a tab is. Each has a store and a lock: one tab writes, and another
 * one can take the person over, once that tab's node has stopped.
 */

/** How many people one browser can play at once. */
const PEOPLE = 9

/** How long a page that was loaded again waits for the lock of the one before, ms. */
const RELOAD_PATIENCE = 1_000

/** How long another tab may take to stop its node, ms. */
const HANDOVER_PATIENCE = 15_000

/** What this tab remembers. */
const KEY = 'profile'

export interface Taken {
  /** This tab's person: its name is the store's. Held elsewhere, where `release` is undefined. */
  name: string
  /** Gives the person back. */
  release?: () => void
  /** The person of the first tab, where this one became another. */
  first?: string
}

const names = Array.from({ length: PEOPLE }, (_, i) => `person-${i + 1}`)

/** A reload is the same person again, a new tab the next one. @throws {Error} There are too many. */
export async function takeProfile (): Promise<Taken> {
  const own = sessionStorage.getItem(KEY)

  if (own != null) {
    return { name: own, release: await hold(own, RELOAD_PATIENCE) }
  }

  for (const name of names) {
    const release = await hold(name)

    if (release != null) {
      sessionStorage.setItem(KEY, name)

      return { name, release, ...(name === names[0] ? {} : { first: names[0] }) }
    }
  }

  throw new Error('Too many tabs of this page are open')
}

/** @param patience - ms; none: now or not at all. @returns What gives it back; undefined: another tab has it */
async function hold (name: string, patience?: number): Promise<(() => void) | undefined> {
  const held = Promise.withResolvers<(() => void) | undefined>()

  navigator.locks.request(name, patience == null ? { ifAvailable: true } : { signal: AbortSignal.timeout(patience) }, async (lock) => {
    if (lock == null) {
      held.resolve(undefined)
    } else {
      await new Promise<void>((resolve) => { held.resolve(resolve) })
    }
  }).catch(() => { held.resolve(undefined) })

  return held.promise
}

/**
 * Answers other tabs that want this person.
 *
 * @param stop - Ends what writes to its store: only then another tab may begin
 */
export function giveTo (name: string, release: () => void, stop: () => Promise<void>): void {
  const channel = new BroadcastChannel(name)

  channel.onmessage = () => {
    channel.close()
    // where it did not stop, it may still write
    stop().then(release, () => {})
  }
}

/** Becomes this person here: the tab that has it lets go first. @throws {Error} It does not. */
export async function useHere (name: string): Promise<void> {
  const channel = new BroadcastChannel(name)
  channel.postMessage('use here')
  const release = await hold(name, HANDOVER_PATIENCE)
  channel.close()

  if (release == null) {
    throw new Error('The other tab does not answer. Close it, then try again')
  }

  sessionStorage.setItem(KEY, name)
  location.reload()
}

/** Becomes somebody whom no tab has. */
export function beAnother (): void {
  sessionStorage.removeItem(KEY)
  location.reload()
}
