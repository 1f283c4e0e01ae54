/** Makes dist/, and the sources that are generated. */

import { readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './process.js'

/** Makes the dist/ of both packages. The command line is compiled against the library's. */
export async function build () {
  console.error('plus-one: building')
  await compile('src/tsconfig.json', 'dist')
  await compile('cli/tsconfig.build.json', 'cli/dist')
}

/**
 * From nothing. What fails leaves the last build as it is.
 *
 * @param {string} project
 * @param {string} dist
 */
async function compile (project, dist) {
  const fresh = join(root, `${dist}.${process.pid}`)

  try {
    await run('tsc', ['-p', project, '--outDir', fresh])
    rmSync(join(root, dist), { recursive: true, force: true })
    renameSync(fresh, join(root, dist))
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/** Generates the .ts beside each .proto of src/. */
export async function proto () {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })

  for (const file of files.filter(file => file.endsWith('.proto'))) {
    console.error(`plus-one: src/${file}`)
    await run('protons', [join('src', file)])
  }
}
