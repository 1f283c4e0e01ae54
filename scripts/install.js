/** Brings node_modules to what package-lock.json says, if it is not there yet. */

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fail, Failure } from './failure.js'
import { root, runOuter } from './process.js'

/**
 * Held by the one process that installs: its id, and that of its npm, which
 * goes on where the process itself is killed.
 */
const LOCK = join(root, '.install.lock')

/** What becomes the lock, so that it is never seen half written. */
const OWN_LOCK = `${LOCK}.${process.pid}`

/** How long a wait lasts before the lock is looked at again (ms). */
const POLL = 250

const delay = promisify(setTimeout)

/**
 * Runs `npm ci` where node_modules is missing, was left half done, or is not what
 * package-lock.json says. Of several at once one installs and the others wait.
 */
export async function install () {
  if (isInstalled()) {
    return
  }

  await takeLock()

  try {
    // another may have done it meanwhile
    if (!isInstalled()) {
      await npmCi()
    }
  } finally {
    rmSync(LOCK, { force: true })
  }
}

async function npmCi () {
  console.error('plus-one: installing dependencies (npm ci); this takes a minute the first time')
  const begun = Date.now()

  try {
    // development's packages also where NODE_ENV or npmrc leave them out
    await runOuter('npm', ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'], {
      onStart: pid => {
        writeFileSync(OWN_LOCK, `${process.pid} ${pid}`)
        renameSync(OWN_LOCK, LOCK)
      }
    })
  } catch (error) {
    if (error instanceof Failure && error.signal == null) {
      fail("npm could not install the dependencies. What npm said is above; check the network and the registry ('npm ping'), then run the same command again")
    }

    throw error
  }

  console.error(`plus-one: dependencies installed in ${Math.round((Date.now() - begun) / 1000)} s`)
}

/**
 * @typedef {{ version?: string, optional?: boolean, devOptional?: boolean }} Locked
 */

/**
 * npm writes down what it installed, as the last thing it does: each package
 * of package-lock.json has to be there, in its version. Those that are
 * optional are for some platforms only.
 *
 * @returns {boolean}
 */
export function isInstalled () {
  const wanted = readPackages(join(root, 'package-lock.json'))
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'))

  if (wanted == null) {
    fail('package-lock.json is missing or damaged; restore it with git')
  }

  return installed != null && Object.entries(wanted).every(([path, { version, optional, devOptional }]) =>
    path === '' || optional === true || devOptional === true || installed[path]?.version === version)
}

/**
 * @param {string} file
 * @returns {Record<string, Locked> | undefined}
 */
function readPackages (file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}

async function takeLock () {
  let told = false

  while (true) {
    const holders = tryLock()

    if (holders == null) {
      return
    }

    if (holders.some(isAlive)) {
      if (!told) {
        told = true
        console.error(`plus-one: waiting for another install (process ${holders[0]}) to end`)
      }

      await delay(POLL)
      continue
    }

    // Left behind by a process that was killed. Two may find that at once, and the slower one remove the
    // quicker one's new lock: so look again, after a time in which the slower one has come to its end.
    rmSync(LOCK, { force: true })

    if (tryLock() == null) {
      await delay(POLL)

      if (readHolders()?.includes(process.pid) === true) {
        return
      }
    }
  }
}

/**
 * Takes the lock, if it is free.
 *
 * @returns {number[] | undefined} the processes that hold it, where it is not
 */
function tryLock () {
  writeFileSync(OWN_LOCK, String(process.pid))

  try {
    linkSync(OWN_LOCK, LOCK)
    return undefined
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') {
      throw error
    }

    return readHolders() ?? tryLock()
  } finally {
    rmSync(OWN_LOCK, { force: true })
  }
}

/**
 * @returns {number[] | undefined} undefined where nobody holds the lock
 */
function readHolders () {
  try {
    return readFileSync(LOCK, 'utf8').split(' ').map(Number)
  } catch {
    return undefined
  }
}

/**
 * @param {number} pid
 * @returns {boolean}
 */
function isAlive (pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // another user's process
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}
