/** Rollup's settings for the library's types: a file of declarations for each entry, and one for what entries share. */
import { dts } from 'rollup-plugin-dts'

export default {
  input: {
    index: 'src/index.ts',
    'elements/index': 'src/elements/index.ts',
    'react/index': 'src/react/index.ts',
    'rendezvous/index': 'src/rendezvous/index.ts',
    'rendezvous/protocol/index': 'src/rendezvous/protocol/index.ts',
    'rendezvous/words': 'src/rendezvous/words.ts',
    'testing/index': 'src/testing/index.ts',
    'automerge/index': 'src/automerge/index.ts',
    'documents/index': 'src/documents/index.ts',
    'yjs/index': 'src/yjs/index.ts'
  },
  output: { dir: 'dist', chunkFileNames: 'types/[name].d.ts' },
  plugins: [dts({ tsconfig: 'src/tsconfig.json' })],
  // every package; only paths are ours
  external: /^[@\w]/
}
