/** Writes the library's declarations into dist: a file for each entry, and one for what entries share. The compiler writes one for each file of the source, and Rollup puts these together. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rollup } from 'rollup'
import { dts } from 'rollup-plugin-dts'
import { entries, packages } from './entries.js'

// not below node_modules, where Rollup's plugin takes them for a package's
const folder = mkdtempSync(join(tmpdir(), 'plus-one-types-'))

try {
  execFileSync(process.execPath, ['node_modules/typescript-7/bin/tsc', '--project', 'src/tsconfig.json', '--noEmit', 'false', '--emitDeclarationOnly', '--rootDir', 'src', '--outDir', folder], { stdio: 'inherit' })
  const input = Object.fromEntries(Object.keys(entries).map(name => [name, join(folder, `${name}.d.ts`)]))
  const declarations = await rollup({ input, plugins: [dts()], external: packages })
  await declarations.write({ dir: 'dist', entryFileNames: '[name].d.ts', chunkFileNames: 'types/[name].ts' })
} finally {
  rmSync(folder, { recursive: true, force: true })
}
