/** Full codes, links, and what is derived of a code's secret (docs/codes.md; docs/handshake.md, "Frames"). */
import { multiaddr } from '@multiformats/multiaddr'
import { base32nopad } from '@scure/base'
import { concatBytes, hexToBytes } from '@noble/hashes/utils.js'
import { createLink, encodeCode, parseCode, qrPayload } from '../../../src/codec/index.js'
import { lookupIdOf, macOf, rendezvousIdOf } from '../../../src/invitation/keys.js'
import { codeOf } from '../../wire/codes.js'
import { actor, bytesOf, hex, NOW, shown } from './cast.js'

const RELAY = '/dns4/relay.example/tcp/443/wss/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'

const ADDRESSES = {
  none: [],
  one: ['/ip4/192.0.2.7/tcp/4001'],
  four: ['/ip4/198.51.100.4/udp/4001/quic-v1', `${RELAY}/p2p-circuit/webrtc`, `${RELAY}/p2p-circuit`, '/ip6/2001:db8::7/tcp/4001']
}

const FRAMES = ['knock', 'welcome', 'retry', 'waiting', 'grant'] as const

export async function codes () {
  const [alice, bob] = [await actor('Alice'), await actor('Bob')]
  const ends = { inviter: alice.peerId.toMultihash().bytes, invitee: bob.peerId.toMultihash().bytes }
  const body = bytesOf('the body of a frame', 60)
  const before = [Uint8Array.of(1), Uint8Array.of(2, 3)]

  const cases = Object.entries(ADDRESSES).map(([name, addresses], i) => {
    const secret = bytesOf(`code with ${name}`, 16)
    const expiresAt = i === 0 ? 0 : NOW + i * 3_600_000
    const text = encodeCode({ secret, inviter: alice.peerId, addresses: addresses.map(address => multiaddr(address)), expiresAt })

    return {
      secret: hex(secret),
      expiresAt,
      addresses: addresses.map(address => ({ text: address, bytes: hex(multiaddr(address).bytes) })),
      bytes: hex(base32nopad.decode(text)),
      text,
      link: createLink(text, 'https://app.example/join'),
      appLink: createLink(text),
      qr: qrPayload(text),
      lookupId: hex(lookupIdOf(secret)),
      rendezvousId: rendezvousIdOf(secret),
      macs: FRAMES.map(frame => ({ frame, mac: hex(macOf(secret, frame, ends, body, frame === 'knock' ? [] : before)) }))
    }
  })

  return { page: 'docs/codes.md', inviter: shown(alice), invitee: shown(bob), body: hex(body), before: before.map(hex), cases, refused: refused(cases[1]?.bytes ?? '', alice.peerId.toMultihash().bytes) }
}

/** Texts that are no code, by the reason of the error. */
function refused (good: string, inviter: Uint8Array): Array<{ text: string, reason: string }> {
  const body = hexToBytes(good).subarray(0, -4)
  const without = body.subarray(0, 55)
  // /ip4/192.0.2.7/tcp/4001 and the inviter at its end: 421, 38 bytes
  const ended = concatBytes(body.subarray(57), hexToBytes('a50326'), inviter)
  const changed = (at: number, ...bytes: number[]): Uint8Array => {
    const copy = body.slice()
    copy.set(bytes, at)

    return copy
  }

  const texts = [
    base32nopad.encode(Uint8Array.of(...body, 0, 0, 0, 0)),
    codeOf(changed(0, 2)),
    codeOf(body.subarray(0, 40)),
    // the neutral element, and 2^255 - 18: y = 1 in an encoding that is not canonical
    codeOf(changed(17, 1, ...new Uint8Array(31))),
    codeOf(changed(17, 0xee, ...new Uint8Array(30).fill(0xff), 0x7f)),
    codeOf(changed(55, 2)),
    codeOf(concatBytes(body, Uint8Array.of(0))),
    codeOf(concatBytes(without, Uint8Array.of(1, ended.length), ended)),
    codeOf(concatBytes(without, Uint8Array.of(5), ...Array<Uint8Array>(5).fill(body.subarray(56))))
  ]

  return texts.map(text => ({ text, reason: reasonOf(text) }))
}

function reasonOf (text: string): string {
  try {
    parseCode(text)
  } catch (err) {
    return (err as { reason?: string }).reason ?? String(err)
  }

  throw new Error(`This is a code: ${text}`)
}
