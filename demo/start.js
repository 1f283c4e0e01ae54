/**
 * The demo: a relay and the page, until Ctrl-C. Run after the build, by `npm start`.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build, preview } from 'vite'

const RELAY_DATA = 'node_modules/.cache/demo-relay'

/** @type {string[]} */
let addresses = []

/** Runs the relay. Its key and port are kept, so codes stay good when it is started again. */
function runRelay () {
  mkdirSync(RELAY_DATA, { recursive: true })
  const relay = spawn(process.execPath, ['cli/bin/plus-one.js', 'relay', '--json', '--port', process.env.RELAY_PORT ?? '4100', '--data', RELAY_DATA], { stdio: ['ignore', 'pipe', 'pipe'] })
  /** @type {string[]} */
  const said = []

  // what it last said is of interest if it fails
  createInterface({ input: relay.stderr }).on('line', (line) => { said.push(line); said.splice(0, said.length - 5) })
  relay.on('exit', (code) => { if (code !== 0) console.error(said.join('\n')) })

  createInterface({ input: relay.stdout }).on('line', (line) => {
    const event = JSON.parse(line)

    if (event.event === 'relay') {
      // what a page on this machine can dial
      addresses = event.addresses.filter((/** @type {string} */ address) => address.includes('/ws') && address.includes('/127.0.0.1/'))
    }
  })

  return relay
}

/** @param {string} url */
function openBrowser (url) {
  const opener = process.platform === 'darwin' ? 'open' : process.platform === 'win32' ? 'explorer' : 'xdg-open'

  if (process.env.CI == null && (process.platform !== 'linux' || process.env.DISPLAY != null || process.env.WAYLAND_DISPLAY != null)) {
    spawn(opener, [url], { stdio: 'ignore', detached: true }).on('error', () => {}).unref()
  }
}

// RELAY=multiaddr uses a relay that runs elsewhere
if (process.env.RELAY != null) {
  addresses = [process.env.RELAY]
}

const relay = process.env.RELAY == null ? runRelay() : undefined
// bundled: 200 modules one by one take a browser a second or two at each load
const outDir = mkdtempSync(join(tmpdir(), 'plus-one-page-'))
process.once('exit', () => { rmSync(outDir, { recursive: true, force: true }) })
// what the page allows where its relay is on the same machine, as import.meta.env.DEV
process.env.NODE_ENV ??= 'development'
const options = { configFile: 'demo/vite.config.ts', build: { outDir } }
await build(options)
const server = await preview({
  ...options,
  ...(process.env.PORT == null ? {} : { preview: { host: '127.0.0.1', port: Number(process.env.PORT), strictPort: true } }),
  plugins: [{
    name: 'plus-one-relay',
    configurePreviewServer ({ middlewares }) {
      middlewares.use('/relay.json', (_request, response) => {
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify(addresses))
      })
    }
  }]
})
const url = server.resolvedUrls?.local[0] ?? 'http://127.0.0.1:5180/'

console.info(`\n  plus-one: open ${url}\n  A second tab is a second person: create a party in one, open its link in the other.\n  Ctrl-C stops it.\n`)
openBrowser(url)

/** @param {number} code */
function end (code) {
  server.close().then(() => { process.exit(code) }, () => { process.exit(1) })
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => {
    relay?.kill('SIGTERM')
    end(0)
  })
}

relay?.on('exit', (code) => {
  console.error(`The relay ended (${code ?? 'by a signal'}); is its port taken? RELAY_PORT=4200 npm start takes another.`)
  end(1)
})
