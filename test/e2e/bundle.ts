/** The built command line in one bundle, as its processes load it in half the time: six hundred modules one by one are most of what a command costs. */
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The bundle's main module. */
    bundledCli: string
  }
}

/** CommonJS in the bundle asks for Node's modules. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)"

/** Vitest calls it once, before all end-to-end tests. @returns Takes the bundle away */
export default async function setup ({ provide }: TestProject): Promise<() => Promise<void>> {
  const cache = 'node_modules/.cache'
  await mkdir(cache, { recursive: true })
  const folder = resolve(await mkdtemp(join(cache, 'bundled-cli-')))
  await copyFile('cli/package.json', join(folder, 'package.json'))
  // LevelDB is the machine's, and prom-client gives its names only to Node's own loader: both stay where they are
  await build({ entryPoints: ['cli/dist/main.js'], outdir: join(folder, 'dist'), bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'es2024', external: ['classic-level', 'prom-client'], banner: { js: REQUIRE }, logLevel: 'warning' })
  provide('bundledCli', join(folder, 'dist', 'main.js'))

  return async () => rm(folder, { recursive: true, force: true })
}
