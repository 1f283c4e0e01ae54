/** Where a connection comes from, as limits count it: keys cost nothing, addresses do. */
import { CODE_IP4, CODE_IP6 } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Bits of an IPv6 address that count as one place, in whole bytes: what a home is given at least (RIPE-690, section 4.2). */
const IP6_PREFIX = 56

/**
 * The host of a connection's remote address: an IPv4 address whole, since each costs
 * money; of an IPv6 address the first 56 bits, since its holder has all below them.
 * A relayed connection is its relay's, which is all that is known of where it comes
 * from; what has no address (in memory, say) is its transport's.
 */
export function originOf (address: Multiaddr): string {
  const components = address.getComponents()
  const host = components.find(({ code }) => code === CODE_IP4 || code === CODE_IP6) ?? components[0]

  return host?.code === CODE_IP6 ? prefixOf(host.value ?? '') : `${host?.name ?? ''}/${host?.value ?? ''}`
}

function prefixOf (address: string): string {
  // URL's parser writes the tail of an IPv4-mapped address as two groups, too
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::').map(part => part === '' ? [] : part.split(':'))
  const groups = [...head, ...tail == null ? [] : [...Array<string>(8 - head.length - tail.length).fill('0'), ...tail]].map(group => Number.parseInt(group, 16))
  const bytes = groups.flatMap(group => [group >> 8, group & 255])

  // ::ffff:0:0/96 (RFC 4291, section 2.5.5.2): what a dual-stack socket calls an IPv4 address
  return groups.slice(0, 6).join() === '0,0,0,0,0,65535'
    ? `ip4/${bytes.slice(12).join('.')}`
    : `ip6/${bytes.slice(0, IP6_PREFIX / 8).map(byte => byte.toString(16).padStart(2, '0')).join('')}`
}
