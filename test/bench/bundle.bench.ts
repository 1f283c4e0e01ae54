import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { table } from './measure.js'
import type { Print } from './measure.js'
import type { Metafile } from 'esbuild'

/** A browser node without plus-one: the recipe of demo/src/node.ts. */
const NODE = `
  import { noise } from '@libp2p/noise'
  import { yamux } from '@libp2p/yamux'
  import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
  import { loadOrCreateSelfKey } from '@libp2p/config'
  import { identify } from '@libp2p/identify'
  import { webRTC } from '@libp2p/webrtc'
  import { webSockets } from '@libp2p/websockets'
  import { multiaddr } from '@multiformats/multiaddr'
  import { IDBDatastore } from 'datastore-idb'
  import { createLibp2p } from 'libp2p'
  console.log(noise, yamux, circuitRelayTransport, loadOrCreateSelfKey, identify, webRTC, webSockets, multiaddr, IDBDatastore, createLibp2p)
`
const CORE = 'import { parties } from \'plus-one\'\nconsole.log(parties)\n'
const POINTS = 'import { rendezvousPoints } from \'plus-one/rendezvous\'\nconsole.log(rendezvousPoints)\n'
const HOOKS = 'import * as hooks from \'plus-one/react\'\nconsole.log(hooks)\n'
/** What an app with documents has in any case. */
const YJS = 'import { Awareness } from \'y-protocols/awareness\'\nimport * as Y from \'yjs\'\nconsole.log(Y, Awareness)\n'
const PROVIDER = 'import { YjsProvider } from \'plus-one/yjs\'\nconsole.log(YjsProvider)\n'

const CHANNEL = 'import { DocumentProvider, SealedRecords, Channel } from \'plus-one/documents\'\nconsole.log(DocumentProvider, SealedRecords, Channel)\n'
const REPO = 'import { Repo } from \'@automerge/automerge-repo/slim\'\nconsole.log(Repo)\n'
const ADAPTER = 'import { PartyNetworkAdapter } from \'plus-one/automerge\'\nconsole.log(PartyNetworkAdapter)\n'

const ELEMENTS = 'import \'plus-one/elements\'\n'

/** kB that `parties()` may add to a page as it loads, gzipped, dependencies included. */
const AIM = 48

/** The same of `rendezvousPoints()`. */
const POINTS_AIM = 5

/** Contributors named. */
const TOP = 10

interface Size {
  minified: number
  gzipped: number
}

interface Bundle extends Size {
  /** What is loaded when it is needed. */
  later: Size
  /** Bytes by package; plus-one's own by layer. */
  parts: Map<string, number>
}

/** What `plus-one`, `plus-one/rendezvous` and `plus-one/react` add to a browser node that an app has already. React is the app's own. */
export default async function bundle (print: Print): Promise<void> {
  const node = await measureBundle(NODE)
  const core = await measureBundle(NODE + CORE)
  const points = await measureBundle(NODE + CORE + POINTS)
  const hooks = await measureBundle(NODE + CORE + HOOKS)
  const yjs = await measureBundle(NODE + CORE + YJS)
  const provider = await measureBundle(NODE + CORE + YJS + PROVIDER)
  const repo = await measureBundle(NODE + CORE + REPO)
  const adapter = await measureBundle(NODE + CORE + REPO + ADAPTER)
  const channel = await measureBundle(NODE + CORE + CHANNEL)
  const elements = await measureBundle(NODE + CORE + ELEMENTS)
  const row = (name: string, { minified, gzipped }: Size): string[] => [name, kilobytes(minified), kilobytes(gzipped)]
  const less = (a: Size, b: Size): Size => ({ minified: a.minified - b.minified, gzipped: a.gzipped - b.gzipped })

  print(table([
    ['', 'minified', 'gzipped'],
    row('a libp2p browser node', node),
    row(`plus-one adds (aim: ${AIM} kB)`, less(core, node)),
    row(`rendezvousPoints of plus-one/rendezvous adds (aim: ${POINTS_AIM} kB)`, less(points, core)),
    row('plus-one/react adds', less(hooks, core)),
    row('plus-one/documents adds, all of it', less(channel, core)),
    row('plus-one/yjs adds, beside Yjs itself', less(provider, yjs)),
    row('plus-one/automerge adds, beside automerge-repo itself', less(adapter, repo)),
    row('plus-one/elements adds, with lit-html and its English', less(elements, core)),
    row('and later, when used: other languages, the QR code, words that may have been meant', less(elements.later, core.later)),
    row('plus-one and plus-one/react', less(hooks, node)),
    row('all that is loaded when first used: a party, an invitation, a handshake, sync, short codes', less(hooks.later, node.later))
  ]))

  const added = [...hooks.parts]
    .map(([part, bytes]): [string, number] => [part, bytes - (node.parts.get(part) ?? 0)])
    .filter(([, bytes]) => bytes > 0)
    .sort((a, b) => b[1] - a[1])

  print(`\n${table([['what it is made of', 'minified'], ...added.slice(0, TOP).map(([part, bytes]) => [part, kilobytes(bytes)])])}`)
}

async function measureBundle (contents: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    outdir: 'bundle',
    splitting: true,
    external: ['react', 'react/*'],
    alias: { 'plus-one': './src/index.ts', 'plus-one/react': './src/react/index.ts', 'plus-one/rendezvous': './src/rendezvous/index.ts', 'plus-one/yjs': './src/yjs/index.ts', 'plus-one/automerge': './src/automerge/index.ts', 'plus-one/documents': './src/documents/index.ts', 'plus-one/elements': './src/elements/index.ts', 'lit/html.js': './node_modules/lit-html/node/lit-html.js' },
    logLevel: 'error'
  })
  const parts = new Map<string, number>()
  const now = withThePage(metafile.outputs)
  const size = { minified: 0, gzipped: 0 }
  const later = { minified: 0, gzipped: 0 }

  for (const [name, { inputs }] of Object.entries(metafile.outputs)) {
    const contents = outputFiles.find(({ path }) => path.endsWith(name))?.contents ?? new Uint8Array()
    const of = now.has(name) ? size : later
    of.minified += contents.length
    of.gzipped += gzipSync(contents, { level: 9 }).length

    for (const [path, { bytesInOutput }] of now.has(name) ? Object.entries(inputs) : []) {
      const part = partOf(path)
      parts.set(part, (parts.get(part) ?? 0) + bytesInOutput)
    }
  }

  return { ...size, later, parts }
}

/** The entry, and the chunks that it imports by statements. */
function withThePage (outputs: Metafile['outputs']): Set<string> {
  const names = Object.entries(outputs).filter(([, { entryPoint }]) => entryPoint === '<stdin>').map(([name]) => name)
  const found = new Set<string>(names)

  for (const name of found) {
    outputs[name]?.imports.filter(({ kind, external }) => kind === 'import-statement' && external !== true).forEach(({ path }) => { found.add(path) })
  }

  return found
}

/** The package, or plus-one's layer, that a file is of. */
function partOf (path: string): string {
  const inPackage = path.split('node_modules/').at(-1) ?? path

  if (inPackage !== path) {
    return inPackage.split('/').slice(0, inPackage.startsWith('@') ? 2 : 1).join('/')
  }

  return path.startsWith('src/') ? `plus-one ${path.split('/').slice(0, 2).join('/')}` : 'the page'
}

function kilobytes (bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}
