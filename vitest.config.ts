import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumArguments, findChromium } from './scripts/chromium.js'
import type { Plugin } from 'vite'

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

/** Real browsers, built packages, more than one process. */
const endToEnd = 'test/e2e/**/*.spec.ts'

/** They count what is alive in their process, so each has one of its own. */
const heap = 'test/**/*.heap.spec.ts'

/**
 * Each `import('…')` of the source is done once in a page. At every one, also of what has been there for long, Chromium walks all that the
 * module imports, a task each; and the tests' page has each file by itself, where an app's has a few chunks: 20,000 tasks a second, a fifth of its
 * processor time.
 */
const loadedOnce: Plugin = {
  name: 'loaded-once',
  enforce: 'post',
  transform (code, id) {
    const loaded = code.replaceAll(/\bimport\(("[^"]+"|'[^']+')\)/g, 'loadedOnce($1, () => import($1))')

    return id.startsWith(source('')) && loaded !== code ? { code: loaded + LOADED_ONCE, map: null } : undefined
  }
}

/** What failed is tried again, as without. */
const LOADED_ONCE = `
function loadedOnce (path, load) {
  const loads = loadedOnce.loads ??= new Map()
  loads.has(path) || loads.set(path, load().catch(err => { loads.delete(path); throw err }))
  return loads.get(path)
}
`

/**
 * The browser with one page for all files, where the cores are taken by Node's tests anyway: each further page loads all modules, and has them
 * compiled and optimized, once more. Of processor time one page takes 107 s, two 112, three 125.
 */
function pages (provider: ReturnType<typeof playwright>): ReturnType<typeof playwright> {
  return { ...provider, providerFactory: project => Object.assign(provider.providerFactory(project), { supportsParallelism: availableParallelism() > 2 }) }
}

/**
 * `node` and `chromium` run the same unit tests. What only one of the two can
 * run is named `*.node.spec.ts` or `*.browser.spec.ts`; what has to be alone in its process, `*.heap.spec.ts`.
 */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^plus-one$/, replacement: source('index.ts') },
      { find: /^plus-one\/testing$/, replacement: source('testing/index.ts') },
      { find: /^plus-one\/rendezvous$/, replacement: source('rendezvous/index.ts') },
      { find: /^plus-one\/rendezvous\/protocol$/, replacement: source('rendezvous/protocol/index.ts') },
      { find: /^plus-one\/rendezvous\/words$/, replacement: source('rendezvous/words.ts') },
      { find: /^plus-one\/elements$/, replacement: source('elements/index.ts') },
      { find: /^plus-one\/automerge$/, replacement: source('automerge/index.ts') },
      { find: /^plus-one\/documents$/, replacement: source('documents/index.ts') },
      { find: /^plus-one\/yjs$/, replacement: source('yjs/index.ts') },
      { find: /^plus-one\/react$/, replacement: source('react/index.ts') }
    ]
  },
  test: {
    // for what hangs: a busy machine makes any test slow
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // yamux 8.0.3 opens a stream in a turn where nobody can catch that its connection has just ended (docs/troubleshooting.md, "The process ends as a connection closes")
    onUnhandledError: ({ name, stack }) => name !== 'StreamStateError' || stack?.includes('YamuxStream.sendWindowUpdate') !== true,
    setupFiles: ['test/patience.ts'],
    // one file after the other in the same process, or page, without loading all modules anew: a third of the time
    isolate: false,
    // a worker waits a third of its time: for timers, other processes, a page
    maxWorkers: availableParallelism() + 1,
    projects: [{
      extends: true,
      test: {
        name: 'node',
        environment: 'node',
        include: ['test/**/*.spec.{ts,tsx}'],
        exclude: [endToEnd, heap, 'test/**/*.browser.spec.{ts,tsx}'],
        // libp2p's loggers, a hundred of each node and more of each stream, ask the terminal for it otherwise
        env: { DEBUG_COLORS: 'no' }
      }
    }, {
      extends: true,
      test: {
        name: 'heap',
        environment: 'node',
        include: [heap],
        isolate: true
      }
    }, {
      extends: true,
      plugins: [loadedOnce],
      test: {
        name: 'chromium',
        include: ['test/**/*.spec.{ts,tsx}'],
        exclude: [endToEnd, heap, 'test/**/*.node.spec.{ts,tsx}'],
        browser: {
          enabled: true,
          headless: true,
          screenshotFailures: false,
          provider: pages(playwright({
            launchOptions: { executablePath: findChromium(), args: chromiumArguments() }
          })),
          instances: [{ browser: 'chromium', name: 'chromium' }]
        }
      }
    }, {
      extends: true,
      test: {
        name: 'e2e',
        environment: 'node',
        include: [endToEnd],
        globalSetup: 'test/e2e/bundle.ts',
        // for what hangs: several processes and browsers start, which is minutes where others keep the machine busy
        testTimeout: 180_000,
        hookTimeout: 180_000,
        // each test has two or three processes: more tests of a file at once only make each slower than what the product waits for
        maxConcurrency: 2
      }
    }]
  }
})
