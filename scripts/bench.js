/**
 * Runs test/bench/*.bench.ts or test/simulation/*.sim.ts, all of them or those named on the command line.
 *
 * Each exports a default async function that is given `print`. They are bundled
 * first, from the sources: what protons generates is more TypeScript than Node strips.
 */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fail } from './failure.js'
import { root, run } from './process.js'

/** @typedef {{ folder: string, suffix: string }} Kind */

/** @type {Kind} */
const BENCHMARKS = { folder: 'test/bench', suffix: '.bench.ts' }

/** @type {Kind} */
const SIMULATIONS = { folder: 'test/simulation', suffix: '.sim.ts' }

/** Inside node_modules, so that the bundles find the packages that they leave out. */
const OUT = 'node_modules/.cache/bench'

/**
 * @param {string[]} names - without `.bench.ts`; none means all
 */
export async function benchmark (names) {
  await runAll(BENCHMARKS, names)
}

/**
 * @param {string[]} names - without `.sim.ts`; none means all
 */
export async function simulate (names) {
  await runAll(SIMULATIONS, names)
}

/**
 * @param {Kind} kind
 * @param {string[]} names
 */
async function runAll ({ folder, suffix }, names) {
  const known = readdirSync(join(root, folder))
    .filter(file => file.endsWith(suffix))
    .map(file => file.slice(0, -suffix.length))
    .sort()
  const unknown = names.filter(name => !known.includes(name))

  if (unknown.length > 0) {
    fail(`There is none of the name '${unknown.join("', '")}'; there are: ${known.join(', ')}`)
  }

  for (const name of names.length > 0 ? names : known) {
    const bundle = join(OUT, `${name}.mjs`)

    await run('esbuild', [
      join(folder, `${name}${suffix}`),
      '--bundle',
      '--packages=external',
      '--platform=node',
      '--format=esm',
      '--sourcemap=inline',
      '--log-level=warning',
      '--alias:plus-one=./src/index.ts',
      '--alias:plus-one/testing=./src/testing/index.ts',
      `--outfile=${bundle}`
    ])
    console.info(`\n# ${name}\n`)
    // a process of its own: nothing that another one left warm or in memory counts
    await run('node', ['--expose-gc', '--enable-source-maps', 'scripts/bench-child.js', bundle])
  }
}
