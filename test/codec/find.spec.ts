import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { createLink, encodeCode, parseInvitation, qrPayload } from '../../src/codec/index.js'
import { InvalidCodeError } from '../../src/errors.js'

let code: string

beforeAll(async () => {
  const inviter = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
  code = encodeCode({ secret: new Uint8Array(16).fill(7), inviter, addresses: [multiaddr('/dns4/relay.example/tcp/443/wss')] })
})

describe('Bob pastes whatever Alice sent', () => {
  it('a link, a QR payload, a URL object, the code in any shape', () => {
    const shapes: unknown[] = [code, code.toLowerCase(), createLink(code), createLink(code, 'https://app.example/join'), new URL(createLink(code)), qrPayload(code), qrPayload(code).toLowerCase(), code.match(/.{1,4}/g)?.join(' '), `"${code}"`]

    for (const shape of shapes) {
      expect(encodeCode(parseInvitation(shape)), String(shape)).toBe(code)
    }
  })

  it('her whole message', () => {
    const message = `Hi Bob!\nJoin our book club: ${createLink(code, 'https://app.example/join')} - see you there.\nAlice`
    expect(encodeCode(parseInvitation(message))).toBe(code)
    expect(encodeCode(parseInvitation(`the code is ${code}, and I will call you with the PIN`))).toBe(code)
  })

  it.each([[undefined], [null], [7], [{}], [''], ['hello Bob, how are you?'], ['x'.repeat(70_000)], ['https://app.example/join']])('%s is an InvalidCodeError', (input) => {
    expect(() => parseInvitation(input)).toThrow(InvalidCodeError)
  })

  it('around it there may be any text', () => {
    fc.assert(fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), (before, after) => {
      expect(encodeCode(parseInvitation(`${before.replace(/[#:]/g, '')} ${createLink(code)} ${after}`))).toBe(code)
    }))
  })

  it('a mistyped one is told as mistyped, also within a message', () => {
    const wrong = code.slice(0, -1) + (code.endsWith('A') ? 'B' : 'A')
    expect(() => parseInvitation(`Join: plus-one://join#${wrong}`)).toThrow('mistyped')
  })
})

describe('The QR payload', () => {
  it('has only characters of the alphanumeric mode', () => {
    expect(qrPayload(code)).toMatch(/^[0-9A-Z $%*+\-./:]+$/)
  })
})
