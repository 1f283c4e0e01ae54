/** How many people one browser can play at once. */
const PEOPLE = 9

/**
 * A store that no other tab has open: a second tab is a second person, and a
 * reload is the same one again.
 */
export async function takeProfile (): Promise<string> {
  const own = sessionStorage.getItem('profile')
  const names = Array.from({ length: PEOPLE }, (_, i) => `person-${i + 1}`)

  for (const name of own == null ? names : [own, ...names]) {
    const free = await new Promise<boolean>((resolve) => {
      navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
        resolve(lock != null)
        // held until the tab is closed
        return lock == null ? undefined : new Promise(() => {})
      }).catch(() => { resolve(false) })
    })

    if (free) {
      sessionStorage.setItem('profile', name)
      return name
    }
  }

  throw new Error('Too many tabs of this page are open')
}
