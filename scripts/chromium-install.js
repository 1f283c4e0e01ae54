/** Gets a Chromium for the tests where the machine has none. */

import { existsSync } from 'node:fs'
import { findChromium } from './chromium.js'
import { fail, Failure } from './failure.js'
import { run, runOuter } from './process.js'

const ADVICE = "Install it by your system's package manager, or set CHROMIUM_PATH to a Chromium or Chrome, or run the tests without it: npm test -- --project node"

/** Leaves the machine with a Chromium that the tests find. */
export async function ensureChromium () {
  if (await hasChromium()) {
    return
  }

  if (process.env.CHROMIUM_PATH != null) {
    fail(`CHROMIUM_PATH names ${process.env.CHROMIUM_PATH}, which is not there; correct or unset it`)
  }

  console.error('plus-one: the tests need Chromium, and there is none; installing it')

  if (process.getuid?.() === 0 && process.platform === 'linux') {
    // one source of packages that does not answer need not be the one that has Chromium
    await tryTo('to read the list of packages (apt-get update)', () => runOuter('apt-get', ['update']))
    await tryTo("to install Debian's package (apt-get install)", async () => {
      await runOuter('apt-get', ['install', '--yes', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', 'chromium'], { env: { DEBIAN_FRONTEND: 'noninteractive' } })
      // what some distributions call chromium only points to another installer
      await runOuter('chromium', ['--version'])
    })
  }

  if (!(await hasChromium())) {
    await tryTo("to install Playwright's build", () => run('playwright', ['install', 'chromium']))
  }

  if (!(await hasChromium())) {
    fail(`Chromium could not be installed. ${ADVICE}`)
  }
}

/** Whether there is the machine's own, or Playwright's, which it takes by itself. */
async function hasChromium () {
  const path = findChromium()

  if (path != null) {
    return existsSync(path)
  }

  // this module is loaded before anything is installed
  const { chromium } = await import('playwright')

  return existsSync(chromium.executablePath())
}

/**
 * @param {string} what
 * @param {() => Promise<void>} install
 */
async function tryTo (what, install) {
  try {
    await install()
  } catch (error) {
    if (!(error instanceof Failure) || error.signal != null) {
      throw error
    }

    console.error(`plus-one: failed ${what}${error.message === '' ? '' : `: ${error.message}`}`)
  }
}
