/** Makes dist/, and the sources that are generated. */

import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fail } from './failure.js'
import { root, run } from './process.js'

/** Compiles src/ to dist/, from nothing. A build that fails leaves the last one as it is. */
export async function build () {
  console.error('plus-one: building')
  const dist = join(root, 'dist')
  const fresh = `${dist}.${process.pid}`

  try {
    await run('tsc', ['-p', 'src/tsconfig.json', '--outDir', fresh])
    rmSync(dist, { recursive: true, force: true })
    renameSync(fresh, dist)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }

  // npm sets this bit when it installs the package; a checkout has to itself
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

  for (const file of Object.values(bin)) {
    if (!existsSync(join(root, file))) {
      fail(`package.json's bin names ${file}, which the build does not make`)
    }

    chmodSync(join(root, file), 0o755)
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
