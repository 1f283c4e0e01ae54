/** Starts the programs that the tasks are made of. */

import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fail, Failure } from './failure.js'

/** The checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url))

const BIN = join(root, 'node_modules', '.bin')
const WINDOWS = process.platform === 'win32'

/** The oldest Node that plus-one and its tools run on: Vitest's floor, package.json's `engines` beside it. */
const OLDEST_NODE = [22, 12]

/** Settings that an outer npm hands down, and that would change what an inner one does. */
const OUTER_NPM = /^(?:init_cwd|npm_(?:package_.*|lifecycle_.*|command|config_(?:dry_run|force|global|include.*|local_prefix|location|omit|only|package_lock.*|prefix|production|save.*|workspaces?)))$/i

/**
 * The environment of a child: none of the outer npm's settings, and the PATH
 * given here.
 *
 * @param {string[]} path
 * @param {Record<string, string>} [more]
 * @returns {NodeJS.ProcessEnv}
 */
function environment (path, more) {
  // Windows says Path
  const kept = Object.entries(process.env).filter(([name]) => !OUTER_NPM.test(name) && name.toUpperCase() !== 'PATH')

  return { ...Object.fromEntries(kept), PATH: path.join(delimiter), ...more }
}

/** The PATH without the checkout's own programs, which an outer npm puts first. */
export function outerPath () {
  const own = resolve(root, 'node_modules')

  return (process.env.PATH ?? '').split(delimiter).filter(folder => folder !== '' && !resolve(folder).startsWith(own))
}

/** @type {string | undefined} */
let chosenNode

/**
 * The Node that tasks run under: the one that the package installs, else
 * this one where it is new enough (as where npm may not run install scripts).
 *
 * @returns {string}
 */
function findNode () {
  if (chosenNode != null) {
    return chosenNode
  }

  const own = join(root, 'node_modules', 'node', 'bin', WINDOWS ? 'node.exe' : 'node')
  chosenNode = [own, process.execPath].find(isRecentNode)

  return chosenNode ?? fail(`plus-one runs on Node ${OLDEST_NODE.join('.')} or newer, and this is ${process.version}. npm did not put a newer one in node_modules, as where its install scripts are switched off (ignore-scripts): run 'npm rebuild node --ignore-scripts=false', or get a current Node at https://nodejs.org`)
}

/**
 * @param {string} path
 * @returns {boolean}
 */
function isRecentNode (path) {
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' })
  const [major = 0, minor = 0] = (stdout ?? '').replace('v', '').split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE

  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
}

/**
 * Runs a program of the checkout (`node`, or one of node_modules/.bin) to its
 * end, under the Node that the package brings along.
 *
 * @param {string} name
 * @param {string[]} args
 * @param {Record<string, string>} [env] - besides what this process has
 * @throws {Failure} if it ends with anything but 0
 */
export async function run (name, args, env) {
  const node = findNode()
  const path = [BIN, ...outerPath()]

  // by its file, never by a name: what a shell has looked up before an install may be another Node
  const command = name === 'node' ? node : join(BIN, WINDOWS ? `${name}.cmd` : name)

  if (!existsSync(command)) {
    fail(`${name} is not installed; run 'npm ci' and look at what it says`)
  }

  await finish(command, args, environment(path, env))
}

/**
 * Runs a program of the machine to its end.
 *
 * @param {string} name
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, onStart?: (pid: number) => void }} [options] - `env` besides what this process has
 * @throws {Failure} if it ends with anything but 0, or is not there
 */
export async function runOuter (name, args, { env, onStart } = {}) {
  await finish(name, args, environment(outerPath(), env), onStart)
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {(pid: number) => void} [onStart]
 * @returns {Promise<void>}
 */
function finish (command, args, env, onStart) {
  // a .cmd file needs a shell
  const child = spawn(command, args, { cwd: root, env, stdio: 'inherit', shell: WINDOWS && !command.endsWith('.exe') })
  const stop = forwardSignals(child)

  if (child.pid != null) {
    onStart?.(child.pid)
  }

  return new Promise((resolve, reject) => {
    child.once('error', error => {
      stop()
      reject(new Failure(`${command} could not be started: ${error.message}`))
    })

    child.once('exit', (code, signal) => {
      stop()

      if (code === 0) {
        resolve()
      } else {
        reject(new Failure('', { exitCode: code ?? 1, signal }))
      }
    })
  })
}

/**
 * A child hears what this process is told, so that it can clean up.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @returns {() => void} to be called when the child has ended
 */
function forwardSignals (child) {
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

  /** @param {NodeJS.Signals} signal */
  const forward = signal => {
    // a terminal's Ctrl-C reaches the child by itself; a second one would mean "at once"
    if (signal !== 'SIGINT' || !process.stdin.isTTY) {
      child.kill(signal)
    }
  }

  signals.forEach(signal => process.on(signal, forward))

  return () => { signals.forEach(signal => process.off(signal, forward)) }
}
