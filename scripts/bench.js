/**
 * Runs what a folder of test/ has of `*.bench.ts` or `*.sim.ts`, all or those named: `node scripts/bench.js bench redeem`, or a part of one: `log/open`.
 *
 * Each exports a default async function that is given `print`; what has parts exports them as `parts`, by name. They are
 * bundled first, from the sources: what protons generates is more TypeScript than Node strips.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { build } from 'esbuild'

/** Inside node_modules, so that the bundles find the packages that they leave out. */
const OUT = 'node_modules/.cache/bench'

const [folder = '', ...names] = process.argv.slice(2)
const files = readdirSync(`test/${folder}`).filter(file => /\.(bench|sim)\.ts$/.test(file)).sort()
const known = files.map(file => file.split('.')[0] ?? '')
/** By name, the parts that were asked for; none: all of it. @type {Map<string, string[]>} */
const asked = new Map()

for (const [name = '', part] of names.map(name => name.split('/'))) {
  asked.set(name, [...asked.get(name) ?? [], ...part == null ? [] : [part]])
}

const unknown = [...asked.keys()].filter(name => !known.includes(name))

if (unknown.length > 0) {
  console.error(`There is none of the name '${unknown.join("', '")}'; there are: ${known.join(', ')}`)
  process.exit(1)
}

await build({
  entryPoints: files.map(file => `test/${folder}/${file}`),
  outdir: OUT,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  sourcemap: 'inline',
  logLevel: 'warning',
  alias: { 'plus-one': './src/index.ts', 'plus-one/testing': './src/testing/index.ts' }
})

for (const file of files.filter((_, i) => asked.size === 0 || asked.has(known[i] ?? ''))) {
  console.info(`\n# ${file.split('.')[0]}\n`)
  // a process of its own: nothing that another one left warm or in memory counts, nor a node that it left open
  const run = `import * as bench from './${OUT}/${file.replace(/ts$/, 'mjs')}'
    const print = text => { console.info(text) }
    const asked = ${JSON.stringify(asked.get(file.split('.')[0] ?? '') ?? [])}
    const unknown = asked.filter(part => bench.parts?.[part] == null)
    if (unknown.length > 0) throw new Error('There is no part of the name ' + unknown.join(', ') + '; there are: ' + Object.keys(bench.parts ?? {}).join(', '))
    for (const run of asked.length > 0 ? asked.map(part => bench.parts[part]) : [bench.default]) await run(print)
    process.exit()`
  const { status } = spawnSync(process.execPath, ['--expose-gc', '--enable-source-maps', '--input-type=module', '--eval', run], { stdio: 'inherit' })

  if (status !== 0) {
    process.exit(status ?? 1)
  }
}
