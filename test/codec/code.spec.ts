import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { base32nopad } from '@scure/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLink, encodeCode, parseCode } from '../../src/codec/index.js'
import { anyText } from '../helpers/texts.js'
import type { Ed25519PeerId } from '@libp2p/interface'
import type { InvalidCodeError } from '../../src/errors.js'

function peer (seed: number) {
  const secret = new Uint8Array(32).fill(seed)
  return peerIdFromPublicKey(publicKeyFromRaw(ed25519.getPublicKey(secret))) as Ed25519PeerId
}

const alice = peer(1)
const relay = peer(2)
const secret = Uint8Array.from({ length: 16 }, (_, i) => i)
const addresses = [
  multiaddr('/ip4/192.0.2.7/tcp/4001'),
  multiaddr(`/dns4/relay.example/tcp/443/wss/p2p/${relay.toString()}/p2p-circuit/p2p/${alice.toString()}`)
]
const code = encodeCode({ secret, inviter: alice, addresses, expiresAt: 1_800_000_000_000 })

function reasonOf (text: string): string | undefined {
  try {
    parseCode(text)
    return undefined
  } catch (err) {
    expect(err).toMatchObject({ name: 'InvalidCodeError', code: 'ERR_INVALID_CODE' })
    return (err as InvalidCodeError).reason
  }
}

describe('Alice makes a code', () => {
  it('Bob reads the same out of it', () => {
    const read = parseCode(code)

    expect(read.secret).toEqual(secret)
    expect(read.inviter.equals(alice)).toBe(true)
    expect(read.expiresAt).toBe(1_800_000_000_000)
    expect(read.addresses.map(String)).toEqual([
      `/ip4/192.0.2.7/tcp/4001/p2p/${alice.toString()}`,
      addresses[1]?.toString()
    ])
  })

  it('it is in capitals, letters and digits alone: dense in a QR code', () => {
    expect(code).toMatch(/^[A-Z2-7]+$/)
  })

  it('the first four of her addresses are kept', () => {
    const many = Array.from({ length: 6 }, (_, i) => multiaddr(`/ip4/192.0.2.${i}/tcp/1`))
    expect(parseCode(encodeCode({ secret, inviter: alice, addresses: many })).addresses.map(String))
      .toEqual(many.slice(0, 4).map(address => `${address.toString()}/p2p/${alice.toString()}`))
  })

  it('without an expiry, or without addresses, it reads back so', () => {
    const read = parseCode(encodeCode({ secret, inviter: alice, addresses: [] }))
    expect(read.expiresAt).toBeUndefined()
    expect(read.addresses).toEqual([])
  })

  it('any secret, expiry and address round-trips', () => {
    fc.assert(fc.property(
      fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.integer({ min: 1, max: 2 ** 48 - 1 }), fc.array(fc.ipV4(), { maxLength: 4 }),
      (secret, expiresAt, hosts) => {
        const read = parseCode(encodeCode({ secret, inviter: alice, expiresAt, addresses: hosts.map(host => multiaddr(`/ip4/${host}/tcp/1`)) }))
        expect(read.secret).toEqual(secret)
        expect(read.expiresAt).toBe(expiresAt)
        expect(read.addresses).toHaveLength(hosts.length)
      }), { numRuns: 50 })
  })

  it.each([
    '/ip6/2001:db8::7/udp/4001/quic-v1/webtransport/certhash/uEiAkH5a4DPGKUuOBjYw0CgwjvcJCJMD2K_1aluKR_tpevQ/certhash/uEiAfbgiymPP2_nX7Dgir8B4QkksjHp2lVuJZz0F79Be9JA',
    '/ip4/192.0.2.7/udp/4001/webrtc-direct/certhash/uEiAkH5a4DPGKUuOBjYw0CgwjvcJCJMD2K_1aluKR_tpevQ',
    '/ip6zone/eth0/ip6/fe80::1/tcp/4001',
    '/ip4/192.0.2.7/tcp/443/tls/sni/club.example/ws',
    '/dns4/club.example/tcp/443/tls/http/http-path/a%2Fb/ws',
    '/dnsaddr/club.example',
    '/unix/tmp%2Fclub.sock',
    '/memory/club',
    `/dns6/relay.example/tcp/443/wss/p2p/${relay.toString()}/p2p-circuit`,
    `/dns4/relay.example/tcp/443/wss/p2p/${relay.toString()}/p2p-circuit/webrtc`
  ])('an address such as %s round-trips, with her PeerId and without', (text) => {
    const whole = `${text}/p2p/${alice.toString()}`
    const [bare, full] = [text, whole].map(address => encodeCode({ secret, inviter: alice, addresses: [multiaddr(address)] }))

    expect(bare).toBe(full)
    expect(parseCode(bare ?? '').addresses.map(String)).toEqual([whole])
  })

  it('an address that leads to another, or is none, is left out and takes nobody\'s place', () => {
    const useless = [`/ip4/192.0.2.9/tcp/1/p2p/${relay.toString()}`, `/p2p/${alice.toString()}`, `/dns4/${'a'.repeat(255)}/tcp/1`].map(text => multiaddr(text))
    const good = Array.from({ length: 4 }, (_, i) => multiaddr(`/ip4/192.0.2.${i}/tcp/1/p2p/${alice.toString()}`))

    expect(parseCode(encodeCode({ secret, inviter: alice, addresses: [...useless, ...good] })).addresses.map(String)).toEqual(good.map(String))
  })

  it('a bad secret or expiry is refused before anything is published', () => {
    expect(() => encodeCode({ secret: secret.subarray(1), inviter: alice, addresses })).toThrow('16-byte')
    expect(() => encodeCode({ secret, inviter: alice, addresses, expiresAt: Number.NaN })).toThrow('expiry')
    expect(() => encodeCode({ secret, inviter: alice, addresses, expiresAt: 2 ** 48 })).toThrow('expiry')
  })
})

describe('Bob pastes what he was sent', () => {
  it.each([
    ['in lower case', code.toLowerCase()],
    ['in groups', code.replace(/(.{4})/g, '$1 ')],
    ['with hyphens and line breaks', code.replace(/(.{10})/g, '$1-\r\n')],
    ['in quotes', `"${code}"`],
    ['in the quotes that phones make', `“${code}”`],
    ['in other countries\' quotes', `«${code}»`],
    ['in angle brackets', `<${code}>`],
    ['in full-width letters', code.replace(/[A-Z2-7]/g, c => String.fromCharCode(c.charCodeAt(0) + 0xfee0))],
    ['with zeros for O, ones for I, eights for B', code.replace(/O/g, '0').replace(/I/g, '1').replace(/B/g, '8')],
    ['as a web link', createLink(code, 'https://club.example/join?lang=en')],
    ['as an app link', createLink(code)],
    ['as a web link in quotes', `“${createLink(code, 'https://club.example/join')}”`],
    ['as a web link behind words', `Join us: ${createLink(code, 'https://club.example/join')}.`],
    ['behind a bare scheme', `plus-one:${code}`],
    ['behind a bare scheme, in quotes', `"plus-one:${code}"`],
    ['behind a bare scheme, in angle brackets', `<plus-one:${code}>`],
    ['behind a word', `Code: ${code}`],
    ['behind an invisible character', `\u200bplus-one:${code}`],
    ['with zero-width spaces', code.replace(/(.{9})/g, '$1\u200b')]
  ])('%s, it is read', (_how, text) => {
    expect(parseCode(text).secret).toEqual(secret)
  })

  it('in a link the code stands in the fragment alone', () => {
    const url = new URL(createLink(code, 'https://club.example/join'))
    expect(url.hash).toBe(`#${code.toLowerCase()}`)
    expect(url.pathname + url.search).toBe('/join')
  })

  it('the longest code of all is read, from a link and in groups', () => {
    const long = Array.from({ length: 4 }, (_, i) => multiaddr(`/dns4/${i}${'a'.repeat(246)}/tcp/1`))
    const longest = encodeCode({ secret, inviter: alice, addresses: long })

    expect(parseCode(longest.replace(/(.{8})/g, '$1 ')).addresses).toHaveLength(4)
    expect(parseCode(createLink(longest, 'https://club.example/join')).addresses).toHaveLength(4)
  })

  it.each(['nowhere', 'https://club.example/#x', '', ' https://club.example ', 'https://club.exa\tmple'])('a link cannot lead to %j', (base) => {
    expect(() => createLink(code, base)).toThrow('URL without a fragment')
  })
})

describe('A wrong code says what is wrong with it', () => {
  it.each([
    ['nothing at all', '  ', 'empty'],
    ['a novel', 'A'.repeat(5000), 'too-long'],
    ['words', 'please let me in!', 'characters'],
    ['a link without its fragment', 'https://club.example/join', 'no-fragment'],
    ['a link without its fragment, behind words', 'Join us: https://club.example/join', 'no-fragment'],
    ['a link with the code in its query', `https://club.example/join?code=${code}`, 'no-fragment'],
    ['its last letters missing', code.slice(0, -3), 'checksum'],
    ['a few letters', 'ABCD', 'checksum'],
    ['letters after its end', `${code}AAAAAAAA`, 'checksum'],
    ['another version', signed(Uint8Array.of(9, 1, 2)), 'version'],
    ['nothing behind the version', signed(Uint8Array.of(1)), 'layout'],
    ['an inviter of small order', signed(body([], 0, new Uint8Array(32))), 'inviter'],
    ['the neutral element as its inviter', signed(body([], 0, hexToBytes(`01${'00'.repeat(31)}`))), 'inviter'],
    ['an inviter that is not canonical', signed(body([], 0, hexToBytes(`f0${'ff'.repeat(30)}7f`))), 'inviter'],
    ['an inviter that is on no curve', signed(body([], 0, hexToBytes(`02${'00'.repeat(31)}`))), 'inviter'],
    ['an address that is none', signed(body([Uint8Array.of(250, 250)])), 'address'],
    ['an address of no bytes', signed(body([new Uint8Array()])), 'address'],
    ['an address that is cut', signed(body([multiaddr('/ip4/192.0.2.7/tcp/1').bytes]).subarray(0, -1)), 'address'],
    ['an address that says its inviter again', signed(body([multiaddr(`/ip4/192.0.2.7/tcp/1/p2p/${alice.toString()}`).bytes])), 'address'],
    ['an address that leads to another', signed(body([multiaddr(`/ip4/192.0.2.7/tcp/1/p2p/${relay.toString()}`).bytes])), 'address'],
    ['an address in more bytes than it needs', signed(body([Uint8Array.of(0x84, 0x00, 192, 0, 2, 7, 6, 0, 1)])), 'address'],
    ['five addresses', signed(body(Array.from({ length: 5 }, (_, i) => multiaddr(`/ip4/192.0.2.${i}/tcp/1`).bytes))), 'address'],
    ['more addresses than it has', signed(body([], 3)), 'address'],
    ['bytes after its addresses', signed(concatBytes(body([]), Uint8Array.of(0))), 'address']
  ])('%s', (_what, text, reason) => {
    expect(reasonOf(text)).toBe(reason)
  })

  it('any one character changed, dropped or doubled is noticed', () => {
    for (let at = 0; at < code.length; at++) {
      const next = code[at] === 'A' ? 'C' : 'A'
      expect(reasonOf(code.slice(0, at) + next + code.slice(at + 1))).toBe('checksum')
      expect(reasonOf(code.slice(0, at) + code.slice(at + 1))).toBe('checksum')
      expect(reasonOf(code.slice(0, at) + code[at] + code.slice(at))).toBe('checksum')
    }
  })

  it('two neighbours swapped are noticed', () => {
    for (let at = 0; at + 1 < code.length; at++) {
      if (code[at] !== code[at + 1]) {
        expect(reasonOf(code.slice(0, at) + code[at + 1] + code[at] + code.slice(at + 2))).toBe('checksum')
      }
    }
  })

  it('its last letter has no second spelling', () => {
    const spellings = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'].filter(last => reasonOf(code.slice(0, -1) + last) === undefined)
    expect(spellings).toEqual([code.at(-1)])
  })

  it('whatever its bytes behind a right checksum, what is read has that one code', () => {
    const version = fc.constantFrom(0, 1, 1, 1, 2)
    const places = fc.array(fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.ipV4().map(host => multiaddr(`/ip4/${host}/tcp/1`).bytes)), { maxLength: 5 })

    fc.assert(fc.property(version, places, fc.option(fc.nat(6)), fc.uint8Array({ maxLength: 2 }), (version, places, count, rest) => {
      const bytes = concatBytes(body(places, count ?? places.length), rest)
      bytes[0] = version
      const text = signed(bytes)

      if (reasonOf(text) === undefined) {
        expect(encodeCode(parseCode(text))).toBe(text)
      }
    }), { numRuns: 300 })
  })

  it('whatever the text, it is a code or an InvalidCodeError', () => {
    fc.assert(fc.property(fc.oneof(fc.base64String(), anyText), (text) => {
      reasonOf(text)
    }), { numRuns: 200 })
  })

  it('no error repeats the code', () => {
    try {
      parseCode(code.slice(0, -1))
      expect.unreachable()
    } catch (err) {
      expect(String(err).toUpperCase()).not.toContain(code.slice(0, 20))
    }
  })
})

function body (addresses: Uint8Array[], count = addresses.length, inviter = alice.publicKey.raw): Uint8Array {
  return concatBytes(Uint8Array.of(1), secret, inviter, new Uint8Array(6), Uint8Array.of(count),
    ...addresses.flatMap(bytes => [Uint8Array.of(bytes.length), bytes]))
}

function checksum (bytes: Uint8Array): Uint8Array {
  return sha256(concatBytes(utf8ToBytes('plus-one/code/1 checksum'), bytes)).subarray(0, 4)
}

/** A body behind a right checksum. */
function signed (bytes: Uint8Array): string {
  return base32nopad.encode(concatBytes(bytes, checksum(bytes)))
}
