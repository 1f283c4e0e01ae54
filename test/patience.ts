/** For every test file: a wait is for what never comes, and passes as soon as it has come. Vitest gives up after 1 s, which a busy machine takes for less. */
import { vi } from 'vitest'

/** ms, well under the tests' own timeout, so that it is the wait that tells what did not come. */
const PATIENCE = { timeout: 30_000, interval: 10 }

const { waitFor } = vi

vi.waitFor = async (callback, options) => waitFor(callback, { ...PATIENCE, ...typeof options === 'number' ? { timeout: options } : options })
