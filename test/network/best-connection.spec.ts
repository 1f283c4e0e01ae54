/** Bob may have come several times, over a relay and directly: which connection is used. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { describe, expect, it } from 'vitest'
import { bestConnection } from '../../src/network/best-connection.js'
import type { Connection } from '@libp2p/interface'

const bob = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))

const one = (id: string, status: Connection['status'], limits?: Connection['limits']): Connection => ({ id, status, limits, remotePeer: bob }) as Connection

/** Of Bob's connections, oldest first, the one that is used. */
const chosen = (...connections: Connection[]): string | undefined => bestConnection({ getConnections: () => connections }, bob)?.id

describe('Of several connections with Bob', () => {
  it('the direct one is used, not the relayed one beside it, whichever is newer', () => {
    expect(chosen(one('relayed', 'open', {}), one('direct', 'open'))).toBe('direct')
    expect(chosen(one('direct', 'open'), one('relayed', 'open', {}))).toBe('direct')
  })

  it('the newest of its kind is used: he loaded his page again, and the one before is dead but for half a minute', () => {
    expect(chosen(one('before', 'open'), one('now', 'open'))).toBe('now')
    expect(chosen(one('before', 'open', {}), one('now', 'open', {}))).toBe('now')
  })

  it('none that is closed or closing is used', () => {
    expect(chosen(one('direct', 'closing'), one('gone', 'closed'))).toBeUndefined()
    expect(chosen(one('relayed', 'open', {}), one('direct', 'closed'))).toBe('relayed')
    expect(chosen()).toBeUndefined()
  })
})
