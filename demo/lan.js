/** The demo in a network of one's own: where a phone finds the page, and how it reaches the relay. */
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'

/** Networks that machines make for themselves: no phone is in them. */
const VIRTUAL = /^(docker|br-|veth|virbr|vmnet|vboxnet|vethernet|utun|tun|tap|wg|zt|tailscale|lxc|lxd|cni|flannel|podman)/i

/** What routers at home and at work hand out: RFC 1918. */
const PRIVATE = /^(192\.168\.|10\.|172\.(1[6-9]|2\d|3[01])\.)/

/** What a machine gives itself where no router answers: RFC 3927. */
const SELF_GIVEN = /^169\.254\./

/**
 * This machine's IPv4 addresses in its networks, the likeliest first.
 *
 * @param {NodeJS.Dict<import('node:os').NetworkInterfaceInfo[]>} [interfaces]
 * @returns {string[]}
 */
export function lanAddresses (interfaces = networkInterfaces()) {
  const addresses = Object.entries(interfaces)
    .filter(([name]) => !VIRTUAL.test(name))
    .flatMap(([, found = []]) => found)
    .filter(({ family, internal, address }) => family === 'IPv4' && !internal && !SELF_GIVEN.test(address))
    .map(({ address }) => address)

  return [...addresses.filter(address => PRIVATE.test(address)), ...addresses.filter(address => !PRIVATE.test(address))]
}

/**
 * Where a page that was opened at this host reaches the relay: at the page's own origin, the only one whose certificate its browser was told to take.
 *
 * @param {string} host - as of the header `Host`
 * @param {string} relay - PeerId
 * @returns {string}
 */
export function sameOrigin (host, relay) {
  const { hostname, port } = new URL(`https://${host}`)

  const name = hostname.startsWith('[') ? `ip6/${hostname.slice(1, -1)}` : `${/^[\d.]+$/.test(hostname) ? 'ip4' : 'dns4'}/${hostname}`

  return `/${name}/tcp/${port === '' ? 443 : port}/tls/ws/p2p/${relay}`
}

/**
 * Hands WebSockets that are opened at the page's server on to the relay, byte for byte.
 *
 * @param {import('node:net').Server | import('vite').PreviewServer['httpServer']} server
 * @param {number} port - the relay's on this machine, without TLS
 */
export function handOnWebSockets (server, port) {
  server.on('upgrade', (/** @type {import('node:http').IncomingMessage} */ request, /** @type {import('node:stream').Duplex} */ socket, /** @type {Buffer} */ head) => {
    const { method, url, rawHeaders } = request
    const fields = rawHeaders.flatMap((text, i) => i % 2 === 0 ? [`${text}: ${rawHeaders[i + 1] ?? ''}\r\n`] : [])
    const relay = connect(port, '127.0.0.1')
    relay.write(`${method ?? 'GET'} ${url ?? '/'} HTTP/1.1\r\n${fields.join('')}\r\n`)
    relay.write(head)
    relay.pipe(socket).pipe(relay)
    relay.on('error', () => { socket.destroy() })
    socket.on('error', () => { relay.destroy() })
  })
}
