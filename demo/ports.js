/** Which ports are free, and which demo runs already. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** Where no browser opens a page or a WebSocket: the Fetch standard's "bad ports" from 1024 on. */
const BAD_PORTS = new Set([1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080])

/** @param {number} port @param {string} host @returns {Promise<boolean>} */
export async function isFree (port, host) {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => { resolve(false) })
    server.listen({ port, host, exclusive: true }, () => { server.close(() => { resolve(true) }) })
  })
}

/** The first from this one on with so many free ones in a row, that browsers open. @param {number} from @param {string} host @param {number} [length] @returns {Promise<number>} */
export async function freePort (from, host, length = 1) {
  const row = Array.from({ length }, (_, i) => isFree(from + i, host))

  return !BAD_PORTS.has(from) && (await Promise.all(row)).every(Boolean) ? from : freePort(from + 1, host, length)
}

/**
 * @param {string | undefined} text - of the environment
 * @returns {number | undefined}
 * @throws {RangeError}
 */
export function portOf (text) {
  const port = Number(text)

  if (text == null || text === '') {
    return undefined
  }

  if (!Number.isInteger(port) || port < 1 || port > 65_534) {
    throw new RangeError(`${text} is no port; take a number from 1024 to 65534`)
  }

  if (BAD_PORTS.has(port)) {
    throw new RangeError(`${text} is a port that browsers open nothing at; take another`)
  }

  return port
}

/** Where a demo writes down that it runs, by its relay's port: for whoever starts another, from this folder or from a copy. @param {number} relayPort @returns {string} */
const noteOf = (relayPort) => join(tmpdir(), `plus-one-demo-${userInfo().username}-${relayPort}.json`)

/** @param {number} relayPort @param {string} url */
export function noteRunning (relayPort, url) {
  const file = noteOf(relayPort)
  writeFileSync(file, JSON.stringify({ url }), { mode: 0o600 })
  process.once('exit', () => { rmSync(file, { force: true }) })
}

/** The page of the demo whose relay has this port, if it is still there. @param {number} relayPort @returns {Promise<string | undefined>} */
export async function runningAt (relayPort) {
  try {
    const { protocol, hostname, port, href } = new URL(JSON.parse(readFileSync(noteOf(relayPort), 'utf8')).url)

    return /^https?:$/.test(protocol) && await answers(hostname, Number(port)) ? href : undefined
  } catch {
    return undefined
  }
}

/** @param {string} host @param {number} port @returns {Promise<boolean>} */
async function answers (host, port) {
  return new Promise(resolve => {
    const socket = connect(port, host)
    socket.once('connect', () => { socket.destroy(); resolve(true) })
    socket.once('error', () => { resolve(false) })
  })
}
