import { defaultLogger } from '@libp2p/logger'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect, it, vi } from 'vitest'
import { Delivery } from '../../src/admission/direct/delivery.js'
import { keyOf } from '../../src/log/index.js'
import { FakeClock } from '../../src/testing/index.js'
import type { DirectInvitationsInit } from '../../src/admission/direct/interface.js'
import type { AbortOptions } from '@libp2p/interface'

/** A connection to Bob, as long as one of these opens its streams. */
const connectionBy = (newStream: (protocol: string, options: AbortOptions) => Promise<never>): object => ({ status: 'open', encryption: '/noise', newStream })

it('Bob\'s page was loaded again: Alice\'s invitation, which got nowhere on the connection of before, comes over the new one within a second', async () => {
  const bob = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
  const clock = new FakeClock()
  const connections: object[] = []
  const delivery = new Delivery({
    components: { connectionManager: { getConnections: () => connections } } as unknown as DirectInvitationsInit['components'],
    protocol: { id: '/direct' } as unknown as DirectInvitationsInit['protocol'],
    log: defaultLogger().forComponent('test'),
    clock,
    invitations: () => [{ target: keyOf(bob), status: 'pending', code: 'code' }] as unknown as ReturnType<DirectInvitationsInit['invitations']>
  })

  const nobodyListens = vi.fn(async (_: string, { signal }: AbortOptions) => new Promise<never>((_resolve, reject) => { signal?.addEventListener('abort', () => { reject(signal.reason as Error) }) }))
  connections.push(connectionBy(nobodyListens))
  delivery.deliver(keyOf(bob))
  expect(nobodyListens).toHaveBeenCalledOnce()

  const bobListens = vi.fn().mockRejectedValue(new Error('Only the stream is looked at here'))
  connections.push(connectionBy(bobListens))
  delivery.deliver(keyOf(bob))
  await vi.waitFor(() => { expect(nobodyListens.mock.settledResults[0]?.type).toBe('rejected') }, 2_000)
  clock.advance(1_000)
  expect(bobListens).toHaveBeenCalledOnce()
  expect(nobodyListens).toHaveBeenCalledOnce()
  delivery.stop()
})
