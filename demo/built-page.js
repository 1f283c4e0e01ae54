/** The page, bundled: 200 modules one by one take a browser a second or two at each load. Built once for the same sources. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'

const BUILDS = join('node_modules/.cache', 'demo-pages')

/** All that a page is made of. */
const SOURCES = ['demo', 'src', 'package-lock.json', 'tsconfig.json']

/** How long another page is kept, ms: one that was started before may still be read. */
const KEPT_FOR = 7 * 86_400_000

/** Of the sources, and of the Node that they are built by. @returns {string} */
function digest () {
  const hash = createHash('sha256').update(process.version)
  const files = SOURCES.flatMap(path => path.includes('.')
    ? [path]
    : readdirSync(path, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name)))
  files.sort().forEach(file => { hash.update(`${file}\0`).update(readFileSync(file)).update('\0') })

  return hash.digest('hex').slice(0, 32)
}

/**
 * @param {string} configFile - Vite's
 * @returns {Promise<string>} the folder that it is in
 */
export async function builtPage (configFile) {
  const folder = join(BUILDS, digest())

  if (!existsSync(folder)) {
    mkdirSync(BUILDS, { recursive: true })
    const outDir = mkdtempSync(join(BUILDS, 'new-'))

    try {
      await build({ configFile, build: { outDir: join(process.cwd(), outDir) } })
      renameSync(outDir, folder)
    } catch (err) {
      rmSync(outDir, { recursive: true, force: true })

      // another start has built the same page meanwhile
      if (!existsSync(folder)) {
        throw err
      }
    }

    forgetOld(folder)
  }

  return join(process.cwd(), folder)
}

/** Pages of sources that are gone by now. @param {string} latest */
function forgetOld (latest) {
  for (const folder of readdirSync(BUILDS).map(name => join(BUILDS, name)).filter(folder => folder !== latest)) {
    // another start may do the same
    if ((statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < Date.now() - KEPT_FOR) {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
