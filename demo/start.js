/**
 * The demo: a relay and the page, until Ctrl-C. Run after the build, by `npm start`; `npm start -- --lan` for phones in the same network.
 * Tells its pages by JSON where the relay is (`/relay.json`: multiaddrs) and where a phone opens the page (`/phone.json`: `{ url }`, and without `--lan` `{}`).
 */
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { multiaddr } from '@multiformats/multiaddr'
import basicSsl from '@vitejs/plugin-basic-ssl'
import { renderUnicodeCompact } from 'uqr'
import { preview } from 'vite'
import { builtPage } from './built-page.js'
import { handOnWebSockets, lanAddresses, sameOrigin } from './lan.js'
import { freePort, isFree, noteRunning, portOf, runningAt } from './ports.js'

/** The page's port; where another program has it, the next. */
const PORT = 5180

/** The relay's, WebSockets; TCP is on the next. */
const RELAY_PORT = 4100

/** Black on white whatever the theme: colours 16 and 231 of the 256, which themes leave alone. */
const BLACK_ON_WHITE = '\u001b[38;5;16;48;5;231m'
const RESET = '\u001b[0m'

/** What keeps the demo from running, in one line. */
class Hindrance extends Error {}

/** @returns {{ lan: boolean, port: number | undefined, relayPort: number | undefined, given: string | undefined }} */
function readOptions () {
  try {
    const { values: { lan } } = parseArgs({ options: { lan: { type: 'boolean', default: false } } })
    const given = process.env.RELAY === '' ? undefined : process.env.RELAY

    if (given != null) {
      multiaddr(given)
    }

    return { lan, port: portOf(process.env.PORT), relayPort: portOf(process.env.RELAY_PORT), given }
  } catch (err) {
    throw new Hindrance(`${/** @type {Error} */ (err).message}. npm start, or npm start -- --lan for a phone in the same network; PORT, RELAY_PORT and RELAY (a multiaddr) in the environment`)
  }
}

/**
 * Runs the relay until this process ends. Its key and port are kept, so codes stay good when it is started again.
 *
 * @param {number} port
 * @param {string[]} announce - where pages reach it, if not at its own port
 * @returns {Promise<{ peerId: string, addresses: string[] }>}
 */
async function runRelay (port, announce) {
  const data = join('node_modules/.cache', port === RELAY_PORT ? 'demo-relay' : `demo-relay-${port}`)
  mkdirSync(data, { recursive: true })
  const where = announce.length === 0 ? ['--port', String(port)] : ['--listen', `/ip4/127.0.0.1/tcp/${port}/ws`, ...announce.flatMap(address => ['--announce', address])]
  const relay = spawn(process.execPath, ['cli/bin/plus-one.js', 'relay', '--json', ...where, '--data', data], { stdio: ['ignore', 'pipe', 'pipe'] })
  process.once('exit', () => { relay.kill('SIGTERM') })
  /** @type {string[]} */
  const said = []
  // what it last said is of interest if it fails
  createInterface({ input: relay.stderr }).on('line', (line) => { said.push(line); said.splice(0, said.length - 5) })

  relay.once('close', (code) => { fail(new Hindrance(`the relay ended (${code ?? 'by a signal'}):\n${said.join('\n')}`)) })

  return new Promise(resolve => {
    createInterface({ input: relay.stdout }).on('line', (line) => {
      const event = JSON.parse(line)

      if (event.event === 'relay') {
        resolve(event)
      }
    })
  })
}

/** @param {Error} err */
function fail (err) {
  console.error(`plus-one: ${err instanceof Hindrance ? err.message : err.stack ?? err.message}`)
  process.exit(1)
}

/** @param {string} url */
function openBrowser (url) {
  const opener = process.platform === 'darwin' ? 'open' : process.platform === 'win32' ? 'explorer' : 'xdg-open'

  if (process.env.CI == null && (process.platform !== 'linux' || process.env.DISPLAY != null || process.env.WAYLAND_DISPLAY != null)) {
    spawn(opener, [url], { stdio: 'ignore', detached: true }).on('error', () => {}).unref()
  }
}

/** @param {string[]} urls - for phones, the likeliest first */
function greetPhones ([url = '', ...others]) {
  const qr = process.stdout.hasColors?.() === true ? renderUnicodeCompact(url, { border: 2 }).split('\n').map(line => `  ${BLACK_ON_WHITE}${line}${RESET}\n`).join('') : ''

  return `
  plus-one: open ${url} here and on a phone in the same network.
${qr}
  Each browser warns of the certificate, which this machine has just signed itself: look at the details, and go on.
  A page that does not load: both in one Wi-Fi, not a guests' one, and port ${new URL(url).port} open in this machine's firewall?${others.length === 0 ? '' : ` Or try ${others.join(', ')}.`}
  A page that stays offline on an iPhone: Safari takes no WebSocket from a certificate that it does not know (WebKit bug 145819);
  take an Android phone or a second computer, or a host with a certificate: docs/how-to.md.
  Ctrl-C stops it.
`
}

async function start () {
  const { lan, port: wanted, relayPort = RELAY_PORT, given } = readOptions()
  const hosts = lan ? lanAddresses() : []
  const host = lan ? '0.0.0.0' : '127.0.0.1'

  if (lan && hosts.length === 0) {
    throw new Hindrance('this machine is in no network where a phone could find it; connect it to a Wi-Fi and try again, or run npm start without --lan')
  }

  if (lan && given != null && !/\/(tls|wss)\b/.test(given)) {
    throw new Hindrance('with --lan the page has HTTPS, and from there browsers reach no relay without it; leave RELAY out, or name one with /tls/ws')
  }

  if (given == null && !(await isFree(relayPort, '0.0.0.0') && await isFree(relayPort + 1, '0.0.0.0'))) {
    const running = await runningAt(relayPort)
    const other = `RELAY_PORT=${await freePort(relayPort + 100, '0.0.0.0', 2)} npm start`
    throw new Hindrance(running == null ? `another program has port ${relayPort} or ${relayPort + 1}, which the relay takes; ${other} takes others` : `it runs already: open ${running}; ${other} starts a second one beside it`)
  }

  if (wanted != null && !await isFree(wanted, host)) {
    throw new Hindrance(`another program has port ${wanted}; PORT=${await freePort(wanted + 1, host)} npm start takes another`)
  }

  const port = wanted ?? await freePort(PORT, host)
  const phones = hosts.map(address => `https://${address}:${port}/`)
  const relay = given == null ? await runRelay(relayPort, hosts.map(address => `/ip4/${address}/tcp/${port}/tls/ws`)) : undefined
  // what a page on this machine can dial
  const local = given == null ? relay?.addresses.filter(address => address.includes('/ws') && address.includes('/127.0.0.1/')) : [given]

  // React as apps ship it: its checks for who writes a page are a sixth of what that page costs
  process.env.NODE_ENV = 'production'
  const configFile = 'demo/vite.config.ts'
  await preview({
    configFile,
    build: { outDir: await builtPage(configFile) },
    preview: { host, port, strictPort: true },
    plugins: [...(lan ? [basicSsl()] : []), {
      name: 'plus-one-addresses',
      configurePreviewServer ({ middlewares, httpServer }) {
        /** @param {string} path @param {(host: string) => unknown} tell */
        const serve = (path, tell) => {
          middlewares.use(path, (request, response) => {
            response.setHeader('content-type', 'application/json')
            // HTTP/2 has :authority in its place
            response.end(JSON.stringify(tell(String(request.headers.host ?? request.headers[':authority']))))
          })
        }

        serve('/relay.json', host => lan && relay != null ? [sameOrigin(host, relay.peerId)] : local)
        serve('/phone.json', () => ({ url: phones[0] }))

        if (lan && relay != null) {
          handOnWebSockets(httpServer, relayPort)
        }
      }
    }]
  })
  const url = phones[0] ?? `http://127.0.0.1:${port}/`

  if (given == null) {
    noteRunning(relayPort, url)
  }

  console.info(lan ? greetPhones(phones) : `\n  plus-one: open ${url}\n  A second tab is a second person: create a party in one, open its link in the other.\n  A phone in the same network: npm start -- --lan. Ctrl-C stops it.\n`)
  openBrowser(url)
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => { process.exit(0) })
}

start().catch(fail)
