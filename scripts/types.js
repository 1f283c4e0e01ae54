/** Rollup's settings for the library's types: a file of declarations for each entry, and one for what entries share. */
import { dts } from 'rollup-plugin-dts'
import { entries, packages } from './entries.js'

export default {
  input: entries,
  output: { dir: 'dist', chunkFileNames: 'types/[name].d.ts' },
  plugins: [dts({ tsconfig: 'src/tsconfig.json' })],
  external: packages
}
