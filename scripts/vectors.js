/** Writes test/vectors/*.json as the sources make them now: `npm run vectors`. What changes is a change of the wire, or of the disk (docs/wire.md, "Promises"). */
import { writeFileSync } from 'node:fs'
import { build } from 'esbuild'

/** Inside node_modules, so that the bundle finds the packages that it leaves out. */
const OUT = 'node_modules/.cache/vectors/make.js'

await build({ entryPoints: ['test/vectors/make/index.ts'], bundle: true, packages: 'external', format: 'esm', outfile: OUT, logLevel: 'warning' })

/** @type {{ makers: Record<string, () => Promise<object>>, textOf: (vectors: object) => string }} */
const { makers, textOf } = await import(`../${OUT}`)

for (const [name, make] of Object.entries(makers)) {
  writeFileSync(`test/vectors/${name}.json`, textOf(await make()))
}
