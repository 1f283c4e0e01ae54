/** test/vectors/codes.json, by docs/codes.md and docs/handshake.md alone. */
import { describe, expect, it } from 'vitest'
import vectors from '../vectors/codes.json' with { type: 'json' }
import { hex, unhex } from './bytes.js'
import { codeOf, lookupIdOf, macOf, peerIdOf, readCode, rendezvousIdOf } from './codes.js'
import type { MacOf } from './codes.js'

const { cases, refused, inviter, invitee, body, before } = vectors
const ends = { inviter: unhex(inviter.multihash), invitee: unhex(invitee.multihash) }

describe('Codes, by the page alone', () => {
  it('a PeerId is the identity multihash of its key', () => {
    expect([inviter, invitee].map(({ key }) => hex(peerIdOf(unhex(key))))).toEqual([inviter.multihash, invitee.multihash])
  })

  it.each(cases)('$text says what was put into it, in that one way', ({ text, bytes, secret, expiresAt, addresses, link, appLink, qr }) => {
    const code = readCode(text)

    expect({ secret: hex(code.secret), inviter: hex(code.inviter), expiresAt: code.expiresAt, addresses: code.addresses.map(hex) })
      .toEqual({ secret, inviter: inviter.key, expiresAt, addresses: addresses.map(address => address.bytes) })
    expect(codeOf(unhex(bytes).subarray(0, -4))).toBe(text)
    expect([link, appLink, qr]).toEqual([`https://app.example/join#${text.toLowerCase()}`, `plus-one://join#${text.toLowerCase()}`, `PLUS-ONE:${text}`])
  })

  it.each(cases)('what hangs on the secret $secret', ({ secret, lookupId, rendezvousId, macs }) => {
    const key = unhex(secret)

    expect(hex(lookupIdOf(key))).toBe(lookupId)
    expect(rendezvousIdOf(key)).toBe(rendezvousId)
    expect(macs.map(({ frame }) => hex(macOf(key, frame as MacOf, ends, unhex(body), frame === 'knock' ? [] : before.map(unhex))))).toEqual(macs.map(({ mac }) => mac))
  })

  it.each(refused)('$text is none: $reason', ({ text, reason }) => {
    expect(() => readCode(text)).toThrow(reason === 'layout' || reason === 'address' ? /./ : reason)
  })
})
