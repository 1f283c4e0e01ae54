/** For every test file: a wait is for what never comes, and passes as soon as it has come. Vitest gives up after 1 s, which a busy machine takes for less. */
import { afterAll, vi } from 'vitest'

/** ms, well under the tests' own timeout, so that it is the wait that tells what did not come. */
const PATIENCE = { timeout: 30_000, interval: 10 }

const { waitFor } = vi

vi.waitFor = async (callback, options) => waitFor(callback, { ...PATIENCE, ...typeof options === 'number' ? { timeout: options } : options })

// files share a process, or a page: who leaves another time behind fails, and not whoever comes next
const { Date, setTimeout } = globalThis
const { now } = Date

afterAll(() => {
  if (globalThis.Date !== Date || Date.now !== now || globalThis.setTimeout !== setTimeout) {
    vi.useRealTimers()
    Object.assign(globalThis, { Date, setTimeout })
    Date.now = now
    throw new Error('This file leaves a faked clock behind: restore it in a finally')
  }
})
