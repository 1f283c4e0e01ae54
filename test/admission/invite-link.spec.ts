import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { encodeCode, qrPayload } from '../../src/codec/index.js'
import { createLink, handleInviteLink, InvalidCodeError, parseInvitation } from '../../src/index.js'
import { anyUrl } from '../helpers/texts.js'
import type { PageWindow } from '../../src/index.js'

let code: string

beforeAll(async () => {
  code = encodeCode({ secret: new Uint8Array(16).fill(7), inviter: peerIdFromPrivateKey(await generateKeyPair('Ed25519')), addresses: [] })
})

/** A page at an address, with one history entry. */
function page (href: string): PageWindow & { entries: string[] } {
  const window = {
    location: { href },
    entries: [href],
    history: {
      state: { kept: true } as unknown,
      replaceState (state: unknown, _: string, url: string): void {
        expect(state).toEqual({ kept: true })
        window.location.href = url
        window.entries[window.entries.length - 1] = url
      }
    }
  }

  return window
}

describe('Bob opens Alice\'s link', () => {
  it('in the browser: the page reads the code, and neither address bar nor history keeps it', () => {
    const window = page(createLink(code, 'https://app.example/join?theme=dark'))
    expect(handleInviteLink(undefined, { window })).toBe(code)
    expect(window.location.href).toBe('https://app.example/join?theme=dark')
    expect(window.entries).toEqual(['https://app.example/join?theme=dark'])
    expect(handleInviteLink(undefined, { window })).toBeUndefined()
  })

  it('in an app: the operating system hands over a deep link', () => {
    const window = page('https://app.example/')
    expect(handleInviteLink(createLink(code), { window })).toBe(code)
    expect(window.entries).toEqual(['https://app.example/'])
  })

  it('nothing of it is in the query, which servers and referrers see', () => {
    const { search, pathname, hash } = new URL(createLink(code, 'https://app.example/join?theme=dark'))
    expect(search + pathname).toBe('?theme=dark/join')
    expect(hash.toUpperCase()).toBe(`#${code}`)
  })

  it.each([
    ['a bracket that a message put behind it', (code: string) => `https://app.example/join?theme=dark#${code})`],
    ['the same, encoded', (code: string) => `https://app.example/join?theme=dark#${code}%29`],
    ['what a newsletter hangs on', (code: string) => `https://app.example/join?theme=dark#${code}&utm_source=mail&utm_medium=link`],
    ['what a network hangs on', (code: string) => `https://app.example/join?theme=dark#${code}?fbclid=IwAR0abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwxyz`],
    ['a router\'s path in front of it', (code: string) => `https://app.example/join?theme=dark#/join/${code}`],
    ['a name', (code: string) => `https://app.example/join?theme=dark#code=${code}`],
    ['hyphens, as it was read aloud', (code: string) => `https://app.example/join?theme=dark#${code.match(/.{1,8}/g)?.join('-') ?? ''}`],
    ['spaces, encoded', (code: string) => `https://app.example/join?theme=dark#${code.match(/.{1,8}/g)?.join('%20') ?? ''}`],
    ['a space behind it, encoded twice', (code: string) => `https://app.example/join?theme=dark#${code}%2520`],
    ['full-width letters, within a sentence', (code: string) => `https://app.example/join?theme=dark#to=${[...code].map(letter => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0)).join('')}`],
    ['the same, in the query', (code: string) => `https://app.example/join?theme=dark&to=${[...code].map(letter => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0)).join('')}`],
    ['the code once more in the query', (code: string) => `https://app.example/join?theme=dark&from=${code}#${code.match(/.{1,8}/g)?.join('-') ?? ''}`],
    ['a percent sign that stands for itself', (code: string) => `https://app.example/join?theme=dark#${code}&100%`],
    ['the query in place of the fragment', (code: string) => `https://app.example/join?theme=dark&code=${code}`],
    ['an anchor behind the query', (code: string) => `https://app.example/join?theme=dark&code=${code}#top`]
  ])('with %s: what parseInvitation reads is found, and taken out of the address bar', (_, link) => {
    for (const written of [code, code.toLowerCase()]) {
      const window = page(link(written))
      expect(encodeCode(parseInvitation(link(written)))).toBe(code)
      expect(handleInviteLink(undefined, { window })).toBe(code)
      const plain = decodeURIComponent(decodeURIComponent(window.entries.join().replace(/%$/, ''))).normalize('NFKC').toUpperCase()
      expect(plain).not.toContain(code.slice(0, 8))
      expect(window.location.href.startsWith('https://app.example/join?theme=dark')).toBe(true)
      expect(handleInviteLink(undefined, { window })).toBeUndefined()
    }
  })

  it('in the path, where a page builder has put it', () => {
    const window = page(`https://app.example/join/${code}?theme=dark`)
    expect(handleInviteLink(undefined, { window })).toBe(code)
    expect(window.location.href).toBe('https://app.example/join/?theme=dark')
  })

  it('as a QR code\'s payload, which opens an app', () => {
    expect(handleInviteLink(qrPayload(code), { window: page('https://app.example/') })).toBe(code)
    expect(handleInviteLink(new URL(qrPayload(code).toLowerCase()))).toBe(code)
  })

  it('whatever a page\'s address is: none is found where parseInvitation finds none, and the page stays as it is', () => {
    fc.assert(fc.property(anyUrl, (href) => {
      const window = page(href)
      expect(handleInviteLink(undefined, { window })).toBeUndefined()
      expect(window.location.href).toBe(href)
    }))
  })

  it.each(['https://app.example/', 'https://app.example/docs#install', 'https://app.example/#', `https://app.example/#access_token=${'eyJhbGciOiJIUzI1NiJ9'.repeat(9)}&token_type=bearer`])('%s carries none, and stays as it is', (href) => {
    const window = page(href)
    expect(handleInviteLink(undefined, { window })).toBeUndefined()
    expect(window.location.href).toBe(href)
  })

  it('a mistyped one is told, and is not kept in the address bar either', () => {
    const wrong = code.slice(0, -1) + (code.endsWith('A') ? 'B' : 'A')
    const window = page(createLink(wrong, 'https://app.example/join'))
    expect(() => handleInviteLink(undefined, { window })).toThrow(InvalidCodeError)
    expect(window.entries).toEqual(['https://app.example/join'])
  })
})
