import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { originOf } from '../../src/limits/origin.js'

const RELAY = '12D3KooWGRUEDQyvYYMYs2sGJfqXsNZqNAnkMVMYGbTMmrDDE8eM'

describe('A connection is counted', () => {
  it.each([
    ['by its IPv4 address', '/ip4/192.0.2.7/tcp/4001', 'ip4/192.0.2.7'],
    ['whatever the transport', '/ip4/192.0.2.7/udp/4001/webrtc-direct', 'ip4/192.0.2.7'],
    ['also where a socket writes it as IPv6', '/ip6/::ffff:192.0.2.7/tcp/4001', 'ip4/192.0.2.7'],
    ['by the first 56 bits of an IPv6 address', '/ip6/2001:db8:1:2ff:3:4:5:6/tcp/4001', 'ip6/20010db8000102'],
    ['which its holder has all of', '/ip6/2001:db8:1:200::/tcp/4001', 'ip6/20010db8000102'],
    ['and not by its neighbour\'s', '/ip6/2001:db8:1:300::1/tcp/4001', 'ip6/20010db8000103'],
    ['the shortest too', '/ip6/::1/tcp/4001', 'ip6/00000000000000'],
    ['a zone aside', '/ip6zone/eth0/ip6/fe80::1/tcp/4001', 'ip6/fe800000000000'],
    ['relayed, by its relay\'s', `/ip4/192.0.2.7/tcp/4001/p2p/${RELAY}/p2p-circuit/p2p/${RELAY}`, 'ip4/192.0.2.7'],
    ['a relay\'s name where that was dialled', `/dns4/relay.example/tcp/443/tls/ws/p2p/${RELAY}/p2p-circuit`, 'dns4/relay.example'],
    ['by its transport where there is no address', '/webrtc', 'webrtc/'],
    ['in memory, by the listener', '/memory/alice', 'memory/alice']
  ])('%s', (_, address, origin) => {
    expect(originOf(multiaddr(address))).toBe(origin)
  })
})
