import { generateKeyPair } from '@libp2p/crypto/keys'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { describe, expect, it, vi } from 'vitest'
import { Dialler, memberKeyOf } from '../../src/sync/dialler.js'
import { KeptLog } from '../../src/sync/kept.js'
import { FakeClock } from '../../src/testing/index.js'
import { replica } from './replicas.js'
import type { Connection } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

describe('A stream that was cut off with more to come', () => {
  it('goes on over another connection, also where the ending one still looks open, and the first dials fail', async () => {
    const clock = new FakeClock()
    const { log } = replica('Alice')
    const kept = new KeptLog(log, [], clock)
    const peer = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
    log.standings.set(memberKeyOf(peer)!, { is: 'member' })
    let connections = [{ status: 'open', remotePeer: peer, limits: {} } as Connection]
    let dials = 0
    const connectionManager = {
      getConnections: () => connections,
      openConnection: async () => {
        if (++dials < 3) {
          throw new Error('The relay is busy')
        }

        connections = [{ status: 'open', remotePeer: peer, limits: {} } as Connection]
      }
    } as unknown as ConnectionManager
    const ends = [async () => true, async () => {
      connections = []
      throw new Error('The connection is closing')
    }, async () => new Promise<undefined>(() => {})]
    const open = vi.fn(async () => ends[open.mock.calls.length - 1]!())
    const dialler = new Dialler({ connectionManager }, defaultLogger().forComponent('test'), open, clock)
    dialler.dial(kept, peer)

    await vi.waitFor(() => {
      clock.advance(250)
      expect([open.mock.calls.length, dials]).toEqual([3, 3])
    })
    kept.stop()
  })
})
