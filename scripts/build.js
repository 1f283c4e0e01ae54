/** Makes dist/, and the sources that are generated. */

import { chmodSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './process.js'

/** Compiles src/ to dist/, from nothing. */
export async function build () {
  console.error('plus-one: building')
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  await run('tsc', ['-p', 'src/tsconfig.json'])

  // npm sets this bit when it installs the package; a checkout has to itself
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

  for (const file of Object.values(bin)) {
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
