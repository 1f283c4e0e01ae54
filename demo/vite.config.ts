import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const source = (path: string): string => fileURLToPath(new URL(`../src/${path}`, import.meta.url))
const page = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react()],
  resolve: {
    alias: [
      { find: /^plus-one$/, replacement: source('index.ts') },
      { find: /^plus-one\/rendezvous$/, replacement: source('rendezvous/index.ts') },
      { find: /^plus-one\/rendezvous\/protocol$/, replacement: source('rendezvous/protocol/index.ts') },
      { find: /^plus-one\/rendezvous\/words$/, replacement: source('rendezvous/words.ts') },
      { find: /^plus-one\/elements$/, replacement: source('elements/index.ts') },
      { find: /^plus-one\/documents$/, replacement: source('documents/index.ts') },
      { find: /^plus-one\/yjs$/, replacement: source('yjs/index.ts') },
      { find: /^plus-one\/react$/, replacement: source('react/index.ts') }
    ]
  },
  // the page dials a relay on its own machine, and shows its node in the console, built for production or not
  define: { 'import.meta.env.DEV': 'true' },
  build: {
    target: 'esnext',
    minify: false,
    emptyOutDir: true,
    chunkSizeWarningLimit: Number.POSITIVE_INFINITY,
    rolldownOptions: {
      input: [page('index.html'), page('both-sides.html')],
      // a hundred small files, by who shares them, cost a browser a fifth more than a few large ones; the server is on the same machine
      output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] } },
      // then some of what the library loads later is there at once
      checks: { ineffectiveDynamicImport: false }
    }
  },
  preview: { host: '127.0.0.1', port: 5180 },
  clearScreen: false,
  logLevel: 'warn'
})
