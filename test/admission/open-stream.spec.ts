import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { mostReachable } from '../../src/admission/connection/open-stream.js'

const RELAY = '12D3KooWLkvFnsgYQrQgn2Hd8twsBt6CYNox2ocdyZcv5J1xB7MA'
const sorted = (...addresses: string[]): string[] => mostReachable(addresses.map(address => multiaddr(address))).map(String)

describe('The addresses in a code', () => {
  it('of a page are its ways by turns: WebRTC through a relay, and the relay alone, where a browser can dial', () => {
    const relayed = (host: string): string => `/ip4/${host}/p2p/${RELAY}/p2p-circuit`
    const page = ['127.0.0.1/tcp/1/ws', '192.168.1.2/tcp/1/ws', '127.0.0.1/tcp/2', '192.168.1.2/tcp/2'].flatMap(host => [relayed(host), `${relayed(host)}/webrtc`])

    expect(sorted(...page).slice(0, 4)).toEqual([
      `${relayed('192.168.1.2/tcp/1/ws')}/webrtc`,
      relayed('192.168.1.2/tcp/1/ws'),
      `${relayed('192.168.1.2/tcp/2')}/webrtc`,
      relayed('192.168.1.2/tcp/2')
    ])
  })

  it('of a server are public ones first, then private, then loopback', () => {
    expect(sorted('/ip4/127.0.0.1/tcp/1', '/ip4/10.0.0.1/tcp/1', '/ip4/8.8.8.8/tcp/1')).toEqual(['/ip4/8.8.8.8/tcp/1', '/ip4/10.0.0.1/tcp/1', '/ip4/127.0.0.1/tcp/1'])
  })
})
