import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { afterEach, describe, expect, it } from 'vitest'
import { encodeCode } from '../../src/codec/index.js'
import { handleInviteLink } from '../../src/index.js'

const before = location.href

afterEach(() => { history.replaceState(null, '', before) })

describe('A real address bar', () => {
  it.each(['', ')', '&utm_source=mail', '?fbclid=IwAR0abc'])('loses the code, and "%s" behind it; the history entry keeps its state', async (behind) => {
    const code = encodeCode({ secret: new Uint8Array(16).fill(7), inviter: peerIdFromPrivateKey(await generateKeyPair('Ed25519')), addresses: [] })
    history.replaceState({ kept: true }, '', `?theme=dark#${code.toLowerCase()}${behind}`)
    const entries = history.length
    expect(handleInviteLink()).toBe(code)
    expect(location.hash).toBe('')
    expect(location.search).toBe('?theme=dark')
    expect(location.href.toUpperCase()).not.toContain(code.slice(0, 8))
    expect(history.state).toEqual({ kept: true })
    expect(history.length).toBe(entries)
    expect(handleInviteLink()).toBeUndefined()
  })
})
