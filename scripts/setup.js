/**
 * Installs what package-lock.json names, where it is not there yet: a fresh clone needs nothing but git, npm and some
 * Node >= 20. Plain Node, no dependency. npm puts node_modules/.bin before the machine's PATH, and in it lies the Node
 * of the package `node`: what npm runs after this runs under that one.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The oldest Node that plus-one and its tools run on: package.json's `engines`. */
const OLDEST_NODE = [22, 12]

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }> | undefined}
 */
function packagesOf (file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}

/** npm writes down what it installed as the last thing that it does. What is optional is for some platforms only. */
function isInstalled () {
  const installed = packagesOf('node_modules/.package-lock.json')

  return installed != null && Object.entries(packagesOf('package-lock.json') ?? {}).every(([path, { version, optional, devOptional }]) =>
    !path.startsWith('node_modules/') || optional === true || devOptional === true || (path in installed && installed[path]?.version === version))
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail (message) {
  console.error(`\nplus-one: ${message}`)
  process.exit(1)
}

if (Number.parseInt(process.versions.node) < 20) {
  fail(`plus-one needs Node 20 or newer to set itself up, and this is ${process.version}; get a current one at https://nodejs.org`)
}

if (!isInstalled()) {
  console.error('plus-one: installing dependencies (npm ci); this takes a minute the first time')

  // development's packages also where NODE_ENV or npmrc leave them out
  if (spawnSync('npm ci --include=dev --include=optional --no-audit --no-fund --loglevel=error', { stdio: 'inherit', shell: true }).status !== 0) {
    fail("npm could not install the dependencies. What npm said is above; check the network and the registry ('npm ping'), then run the same command again")
  }
}

const version = spawnSync('node --version', { encoding: 'utf8', shell: true }).stdout.trim()
const [major = 0, minor = 0] = version.replace('v', '').split('.').map(Number)

if (major < (OLDEST_NODE[0] ?? 0) || (major === OLDEST_NODE[0] && minor < (OLDEST_NODE[1] ?? 0))) {
  fail(`plus-one runs on Node ${OLDEST_NODE.join('.')} or newer, and this is ${version}. Run it by npm, as 'npm test'; where npm's install scripts are switched off (ignore-scripts), first 'npm rebuild node --ignore-scripts=false'`)
}
