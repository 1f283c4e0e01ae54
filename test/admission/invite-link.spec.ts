import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { beforeAll, describe, expect, it } from 'vitest'
import { encodeCode } from '../../src/codec/index.js'
import { createLink, handleInviteLink, InvalidCodeError } from '../../src/index.js'
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

  it.each(['https://app.example/', 'https://app.example/docs#install', 'https://app.example/#'])('%s carries none, and stays as it is', (href) => {
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
