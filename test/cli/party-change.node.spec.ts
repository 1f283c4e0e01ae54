import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { onlineMembers } from '../../cli/src/party-change.js'
import type { LookingInit } from '../../cli/src/party-change.js'
import type { Party } from '../../src/index.js'
import type { AbortOptions, PeerId } from '@libp2p/interface'

const bob = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))

/** Alice's party with Bob. @param connected - Resolves when the node is connected with him */
function partyWith (connected: Promise<void>): Party {
  const members = [{ self: true, peerId: undefined }, { self: false, peerId: bob }]

  return { members, connected: async (_: PeerId, { signal }: AbortOptions) => Promise.race([connected, new Promise((_resolve, reject) => { signal?.addEventListener('abort', () => { reject(signal.reason as Error) }) })]) } as unknown as Party
}

/** ms until a command of Alice's looks no longer. */
async function lookedFor (init: Omit<LookingInit, 'signal'>, connected = Promise.withResolvers<void>().promise): Promise<number> {
  const begun = Date.now()
  let ended: number | undefined
  const looking = onlineMembers([partyWith(connected)], { ...init, signal: AbortSignal.timeout(60_000) }).then(() => { ended = Date.now() })

  while (ended == null) {
    await vi.advanceTimersByTimeAsync(50)
  }

  await looking

  return ended - begun
}

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers() })

describe('Before Alice changes her party, a command looks for Bob', () => {
  const nobody = async (): Promise<never> => { throw new Error('Nobody answers') }
  const undiallable = { dial: nobody, getMultiaddrs: () => [] }

  it('and no longer than it takes to dial him in vain, where nobody can dial her', async () => {
    expect(await lookedFor({ node: undiallable, rendezvous: [] })).toBeLessThanOrEqual(1_000)
  })

  it.each([
    ['may be slow', { ...undiallable, dial: async () => Promise.withResolvers<never>().promise }, []],
    ['may dial her', { ...undiallable, getMultiaddrs: () => [multiaddr('/ip4/192.0.2.1/tcp/4001')] }, []],
    ['may be found by a rendezvous point', undiallable, ['/ip4/192.0.2.1/tcp/4001']]
  ])('for five seconds where he %s', async (_, node, rendezvous) => {
    expect(await lookedFor({ node, rendezvous })).toBe(5_000)
  })

  it('until he is there', async () => {
    expect(await lookedFor({ node: undiallable, rendezvous: [] }, Promise.resolve())).toBeLessThanOrEqual(50)
  })
})
