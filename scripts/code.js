/** Writes the library's code into dist: a file for each entry, and one for each part that entries share or load when first used. */
import { resolve } from 'node:path'
import { transform } from 'esbuild'
import { rolldown } from 'rolldown'
import { entries, packages } from './entries.js'

const TARGET = 'es2024'

/** Characters in a line. Of an error that nobody caught Node prints the whole line. */
const LINE = 1000

/** What the elements hold, so that no app installs it: lit-html as servers load it, which a page can too. */
const held = { 'lit/html.js': resolve('node_modules/lit-html/node/lit-html.js'), uqr: resolve('node_modules/uqr/dist/index.mjs') }

/** @type {import('rolldown').Plugin} */
const lines = {
  name: 'lines',
  async generateBundle (_options, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type === 'chunk') {
        chunk.code = (await transform(chunk.code, { target: TARGET, charset: 'utf8', minifyWhitespace: true, lineLimit: LINE })).code
      }
    }
  }
}

const code = await rolldown({
  input: entries,
  platform: 'neutral',
  tsconfig: 'src/tsconfig.json',
  resolve: { alias: held },
  external: id => packages.test(id) && !(id in held),
  transform: { target: TARGET },
  // 'use client' means nothing to it, and stays
  checks: { moduleLevelDirective: false },
  plugins: [lines]
})

await code.write({
  dir: 'dist',
  chunkFileNames: 'chunks/[name].js',
  minifyInternalExports: false,
  // no blanks, and no dead code; names stay, so that a stack trace says where it comes from
  minify: { compress: { keepNames: { function: true, class: true } }, mangle: false }
})
await code.close()
