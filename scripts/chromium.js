/**
 * Finds the Chromium that the tests run in. Plain Node, no dependency: it is
 * also asked before anything is installed.
 */

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'google-chrome-stable', 'google-chrome']
const PLACES = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe'
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
    '--disable-gpu',
    '--disable-quic',
    '--disable-sync',
    '--no-first-run'
  ]
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
