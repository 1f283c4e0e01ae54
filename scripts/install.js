/** Brings node_modules to what package-lock.json says, if it is not there yet. */

import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fail, Failure } from './failure.js'
import { root, runOuter } from './process.js'

/** Held by the one process that installs; names it. */
const LOCK = join(root, '.install.lock')

/** How long a wait lasts before the lock is looked at again (ms). */
const POLL = 250

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
    await runOuter('npm', ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'])
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
    const holder = tryLock()

    if (holder == null) {
      return
    }

    if (isAlive(holder)) {
      if (!told) {
        told = true
        console.error(`plus-one: waiting for another install (process ${holder}) to end`)
      }

      await delay(POLL)
      continue
    }

    // Left behind by a process that was killed. Two may find that at once, and the slower one remove the
    // quicker one's new lock: so look again, after a time in which the slower one has come to its end.
    rmSync(LOCK, { force: true })

    if (tryLock() == null) {
      await delay(POLL)

      if (readHolder() === process.pid) {
        return
      }
    }
  }
}

/**
 * Takes the lock, if it is free.
 *
 * @returns {number | undefined} who holds it, where it is not
 */
function tryLock () {
  // linked, not written in place: a lock without its holder's name is never seen
  const mine = `${LOCK}.${process.pid}`
  writeFileSync(mine, String(process.pid))

  try {
    linkSync(mine, LOCK)
    return undefined
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') {
      throw error
    }

    return readHolder() ?? tryLock()
  } finally {
    rmSync(mine, { force: true })
  }
}

/**
 * @returns {number | undefined} undefined where nobody holds the lock
 */
function readHolder () {
  try {
    return Number(readFileSync(LOCK, 'utf8'))
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
