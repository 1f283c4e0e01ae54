import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const source = (path: string): string => fileURLToPath(new URL(`../src/${path}`, import.meta.url))

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react()],
  resolve: {
    alias: [
      { find: /^plus-one$/, replacement: source('index.ts') },
      { find: /^plus-one\/rendezvous$/, replacement: source('rendezvous/index.ts') },
      { find: /^plus-one\/react$/, replacement: source('react/index.ts') }
    ]
  },
  build: { target: 'esnext' },
  server: { host: '127.0.0.1', port: 5180 },
  clearScreen: false,
  logLevel: 'warn'
})
