/**
 * The main story in a real Firefox, with Firefox and with Chromium: `npm run firefox`. Alice's page invites, Bob's page joins by the link and the
 * PIN, over WebRTC, through the demo's relay. Prints how long it took from the PIN to both pages, ms; fails where a pair does not meet.
 */
import { execSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import puppeteer from 'puppeteer-core'
import { freePort } from '../demo/ports.js'
import { chromiumArguments, ensureChromium, findChromium } from './chromium.js'

/** @typedef {import('puppeteer-core').Browser} Browser */
/** @typedef {import('puppeteer-core').Page} Page */

const NAMES = ['firefox-esr', 'firefox']
const PLACES = ['/Applications/Firefox.app/Contents/MacOS/firefox', 'C:\\Program Files\\Mozilla Firefox\\firefox.exe']

/** Debian's package, for root. */
const DEBIAN = ['apt-get update', 'DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=120 firefox-esr']

/** WebRTC between pages of one machine: on loopback, by addresses and not by names that only its network would resolve. */
const PREFERENCES = { 'media.peerconnection.ice.loopback': true, 'media.peerconnection.ice.obfuscate_host_addresses': false }

/** What the page joins by, and what it draws. */
const JOIN = 'plus-one-join >>>'

/** How often each pair meets. */
const ROUNDS = Number(process.env.ROUNDS ?? 3)

/** How long a page may take to be online, and all, ms: for what hangs. */
const PATIENCE = { page: 30_000, all: 180_000 }

/** @returns {string | undefined} */
function findFirefox () {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(folder => folder !== '')

  return process.env.FIREFOX_PATH ?? [...NAMES.flatMap(name => folders.map(folder => join(folder, name))), ...PLACES].find(path => existsSync(path))
}

/** @returns {string} @throws {Error} There is none to be had. */
function ensureFirefox () {
  if (findFirefox() == null && process.getuid?.() === 0 && process.platform === 'linux') {
    console.error('plus-one: there is no Firefox; installing Debian\'s firefox-esr')
    DEBIAN.forEach((command) => {
      try {
        execSync(command, { stdio: ['ignore', 'ignore', 'inherit'] })
      } catch {
        console.error(`plus-one: failed: ${command}`)
      }
    })
  }

  const firefox = findFirefox()

  if (firefox == null || !existsSync(firefox)) {
    throw new Error("there is no Firefox. Install it by your system's package manager, or set FIREFOX_PATH to one")
  }

  return firefox
}

/** The page and its relay, as `npm start` runs them, until this process ends. @returns {Promise<string>} */
async function startDemo () {
  const [port, relayPort] = [await freePort(5190, '127.0.0.1'), await freePort(4210, '0.0.0.0', 2)]
  const demo = spawn(process.execPath, ['demo/start.js'], { env: { ...process.env, CI: 'true', PORT: String(port), RELAY_PORT: String(relayPort) }, stdio: ['ignore', 'pipe', 'inherit'] })
  process.once('exit', () => { demo.kill('SIGTERM') })
  demo.once('exit', (code) => { if (code !== 0) process.exit(1) })
  await once(demo.stdout, 'data')

  return `http://127.0.0.1:${port}/`
}

/**
 * A person with a store of their own, at the page, and online.
 *
 * @param {Browser} browser
 * @param {string} url
 * @returns {Promise<Page>}
 */
async function person (browser, url) {
  const page = await (await browser.createBrowserContext()).newPage()
  await page.goto(url)
  // not by Puppeteer's waiting, which looks from a world of its own: what a page's scripts have made is not there
  await page.evaluate(async (patience) => {
    const until = Date.now() + patience
    const isReachable = () => 'node' in globalThis && /** @type {any} */ (globalThis).node.getMultiaddrs().some((/** @type {unknown} */ address) => String(address).includes('p2p-circuit'))

    while (!isReachable()) {
      if (Date.now() > until) {
        throw new Error(`the page is not online: ${document.body.innerText}`)
      }

      await new Promise(resolve => { setTimeout(resolve, 50) })
    }
  }, PATIENCE.page)

  return page
}

/**
 * @param {Browser} alices
 * @param {Browser} bobs
 * @param {string} url
 * @returns {Promise<number>} ms from the PIN to both pages
 */
async function meet (alices, bobs, url) {
  const alice = await person(alices, url)
  const { link, pin } = await alice.evaluate(async () => {
    const party = await /** @type {any} */ (globalThis).node.services.parties.create({ name: 'Book club' })
    const joined = Promise.withResolvers()
    const invitation = await party.invite({ role: 'writer', onDone: () => { joined.resolve(party.members.length) }, onError: joined.reject })
    Object.assign(globalThis, { joined: joined.promise })

    return { link: String(invitation.link()), pin: String(invitation.pin) }
  })
  const bob = await person(bobs, link)
  await bob.locator(`${JOIN} #name`).fill('Bob')
  await bob.locator(`${JOIN} button.primary`).click()
  const field = await bob.waitForSelector(`${JOIN} #pin`)
  await field?.type(pin.slice(0, -1))
  const typed = performance.now()
  await field?.type(pin.slice(-1))
  const [members] = await Promise.all([
    alice.evaluate(async () => /** @type {any} */ (globalThis).joined),
    bob.waitForSelector(`${JOIN} ul li:nth-child(2)`)
  ])
  const took = performance.now() - typed
  await Promise.all([alice, bob].map(async page => page.browserContext().close()))

  if (members !== 2) {
    throw new Error(`Alice's page knows ${members} members`)
  }

  return took
}

async function run () {
  const executablePath = ensureFirefox()
  ensureChromium()
  execSync('npm run --silent build:code', { stdio: 'inherit' })
  const url = await startDemo()
  const [firefox, chromium] = await Promise.all([
    puppeteer.launch({ browser: 'firefox', executablePath, extraPrefsFirefox: PREFERENCES }),
    puppeteer.launch({ browser: 'chrome', ...(findChromium() == null ? { channel: 'chrome' } : { executablePath: findChromium() }), args: chromiumArguments() })
  ])

  console.info(`${await firefox.version()}, ${await chromium.version()}; ms from the PIN to both pages, ${ROUNDS} times`)

  for (const [title, alices, bobs] of /** @type {const} */ ([
    ['Firefox invites Firefox', firefox, firefox],
    ['Firefox invites Chromium', firefox, chromium],
    ['Chromium invites Firefox', chromium, firefox]
  ])) {
    /** @type {number[]} */
    const took = []

    for (let round = 0; round < ROUNDS; round++) {
      took.push(await meet(alices, bobs, url))
    }

    console.info(`${title.padEnd(25)} ${took.map(ms => ms.toFixed(0).padStart(5)).join(' ')}`)
  }

  // where something failed, the end of this process is theirs
  await Promise.all([firefox.close(), chromium.close()])
}

/** @param {Error} error */
function fail (error) {
  console.error(`plus-one: ${error.message}`)
  process.exit(1)
}

process.once('SIGTERM', () => { process.exit(143) })
setTimeout(fail, PATIENCE.all, new Error('the pages did not meet in time'))
run().then(() => { process.exit(0) }, fail)
