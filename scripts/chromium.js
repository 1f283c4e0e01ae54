/** The Chromium that the tests run in: found, or installed where the machine has none. */
import { execSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright'

/** Without a window first, as Playwright takes it too: it has a third less to do for the same pages. */
const NAMES = ['chromium-headless-shell', 'chromium', 'google-chrome-stable', 'google-chrome']
const PLACES = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe'
]

/** Debian's package, for root. What other distributions call chromium may only point to another installer. */
const DEBIAN = [
  'apt-get update',
  'DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=120 chromium-headless-shell',
  'chromium-headless-shell --version'
]

/**
 * Features that are switched off. A browser reads one such list, the last: so Playwright's own comes first
 * (`chromiumSwitches` of playwright-core), then the pages of its own that each window has for suggestions while an
 * address is typed: a third of what a person's browser costs here.
 */
const DISABLED_FEATURES = [
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'TcpPortRandomizationWin',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup'
]

/**
 * The machine's own Chromium or Chrome: `CHROMIUM_PATH`, else one on the PATH,
 * else one where its installer puts it.
 *
 * @returns {string | undefined} undefined where there is none: Playwright then takes its own
 */
export function findChromium () {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(folder => folder !== '')
  const places = [...NAMES.flatMap(name => folders.map(folder => join(folder, name))), ...PLACES]

  return process.env.CHROMIUM_PATH ?? places.find(isExecutable)
}

/**
 * What a test browser is started with: no sandbox for root, who cannot have
 * one, no calls home, and WebRTC between pages of one machine.
 *
 * @returns {string[]}
 */
export function chromiumArguments () {
  return [
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--allow-loopback-in-peer-connection',
    '--disable-background-networking',
    '--disable-component-update',
    `--disable-features=${DISABLED_FEATURES.join(',')}`,
    '--disable-gpu',
    '--disable-quic',
    '--disable-sync',
    '--no-first-run'
  ]
}

/**
 * Leaves the machine with a Chromium that the tests find.
 *
 * @throws {Error} There is none to be had.
 */
export function ensureChromium () {
  if (process.env.CHROMIUM_PATH != null && !existsSync(process.env.CHROMIUM_PATH)) {
    throw new Error(`CHROMIUM_PATH names ${process.env.CHROMIUM_PATH}, which is not there; correct or unset it`)
  }

  if (hasChromium()) {
    return
  }

  console.error('plus-one: the tests need Chromium, and there is none; installing it')

  if (process.getuid?.() === 0 && process.platform === 'linux') {
    // one source of packages that does not answer need not be the one that has Chromium
    DEBIAN.forEach(attempt)
  }

  if (!hasChromium()) {
    attempt('playwright install chromium')
  }

  if (!hasChromium()) {
    throw new Error("Chromium could not be installed. Install it by your system's package manager, or set CHROMIUM_PATH to a Chromium or Chrome, or run the tests without it: npm test -- --project node")
  }
}

/** Whether there is the machine's own, or Playwright's, which it takes by itself. */
function hasChromium () {
  return findChromium() != null || existsSync(chromium.executablePath())
}

/** @param {string} command */
function attempt (command) {
  try {
    execSync(command, { stdio: 'inherit' })
  } catch {
    console.error(`plus-one: failed: ${command}`)
  }
}

/**
 * @param {string} path
 * @returns {boolean}
 */
function isExecutable (path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
