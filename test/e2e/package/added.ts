/** What an install of the library adds to an app that has libp2p in a browser already, by package-lock.json. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What that app has. */
const APP = ['libp2p', '@libp2p/noise', '@libp2p/yamux', '@libp2p/identify', '@libp2p/webrtc', '@libp2p/websockets', '@libp2p/circuit-relay-v2']

/** By folder: `node_modules/libp2p`. */
type Packages = Record<string, { dependencies?: Record<string, string> }>

/** @param library - The folder of the packed library @returns bytes of each package that comes, by its folder */
export async function added (library: string): Promise<Map<string, number>> {
  const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as { packages: Packages }
  const theirs = closure(packages, APP)
  const others = [...closure(packages, Object.keys(packages['']?.dependencies ?? {}))].filter(folder => !theirs.has(folder))

  return new Map(await Promise.all([library, ...others].map(async (folder): Promise<[string, number]> => [folder, await sizeOf(folder)])))
}

/** The folders of packages, and of what they depend on. */
function closure (packages: Packages, names: string[]): Set<string> {
  const found = new Set<string>()
  const add = (from: string, name: string): void => {
    const folder = resolve(packages, from, name)

    if (!found.has(folder)) {
      found.add(folder)
      Object.keys(packages[folder]?.dependencies ?? {}).forEach(name => { add(folder, name) })
    }
  }
  names.forEach(name => { add('', name) })

  return found
}

/** Where Node finds a package that one of a folder asks for. */
function resolve (packages: Packages, from: string, name: string): string {
  const folder = join(from, 'node_modules', name)

  if (folder in packages) {
    return folder
  } else if (from === '') {
    throw new Error(`package-lock.json has no ${name}; run npm install`)
  }

  return resolve(packages, from.slice(0, Math.max(0, from.lastIndexOf('node_modules/') - 1)), name)
}

/** Bytes of a folder's files, without packages of its own. */
async function sizeOf (folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true })
  const sizes = entries.filter(({ name }) => name !== 'node_modules').map(async entry => {
    const path = join(folder, entry.name)

    return entry.isDirectory() ? sizeOf(path) : (await stat(path)).size
  })

  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
