/**
 * The front door of every npm script: `node scripts/run.js <task> [arguments]`.
 *
 * A fresh clone with nothing but git, npm and some Node >= 20 is enough: what
 * is missing is installed first, and the task then runs under the Node that the
 * package brings along (`node_modules/node`). Plain Node, no dependency.
 */

import { pathToFileURL } from 'node:url'
import { benchmark, simulate } from './bench.js'
import { build, proto } from './build.js'
import { fail, Failure } from './failure.js'
import { install } from './install.js'
import { run } from './process.js'
import { test } from './test.js'

/**
 * What each npm script does, its own arguments behind what is said here.
 *
 * @type {Record<string, (args: string[]) => Promise<void>>}
 */
const tasks = {
  start: async args => {
    await build()
    await run('node', ['demo/start.js', ...args])
  },
  build: async () => { await build() },
  test,
  check: async args => { await run('tsc', ['-p', '.', ...args]) },
  lint: async args => { await run('eslint', ['--max-warnings', '0', ...orEverything(args)]) },
  format: async args => { await run('eslint', ['--fix', ...orEverything(args)]) },
  bench: benchmark,
  simulate,
  fuzz: async ([count = '1000', ...args]) => { await run('vitest', ['run', '--project', 'node', 'test/log/properties.spec.ts', ...args], { FUZZ: count }) },
  proto
}

/**
 * @param {string[]} args
 */
function orEverything (args) {
  return args.length > 0 ? args : ['.']
}

/**
 * @param {string | undefined} name
 * @param {string[]} args
 */
async function main (name, args) {
  if (Number.parseInt(process.versions.node) < 20) {
    fail(`plus-one needs Node 20 or newer to set itself up, and this is ${process.version}; get a current one at https://nodejs.org`)
  }

  const task = name == null || !Object.hasOwn(tasks, name) ? undefined : tasks[name]

  if (task == null) {
    fail(`There is no task '${name ?? ''}'; there are: ${Object.keys(tasks).join(', ')}`)
  }

  await install()
  await task(args)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  main(process.argv[2], process.argv.slice(3)).catch(error => {
    if (!(error instanceof Failure)) {
      throw error
    }

    if (error.message !== '') {
      console.error(`\nplus-one: ${error.message}`)
    }

    // a child that a signal ended: end the same way, so that the shell sees it
    if (error.signal != null) {
      process.kill(process.pid, error.signal)
    }

    process.exitCode = error.exitCode
  })
}
