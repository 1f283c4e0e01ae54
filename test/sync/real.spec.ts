import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { memory } from '@libp2p/memory'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { createLibp2p } from 'libp2p'
import { expect, it, vi } from 'vitest'
import { keyOf, MembershipLog } from '../../src/log/index.js'
import { LogSync } from '../../src/sync/index.js'
import { syncable } from '../../src/sync/log.js'

it('the real log syncs', async () => {
  const keys = await Promise.all([generateKeyPair('Ed25519'), generateKeyPair('Ed25519')])
  const nodes = await Promise.all(keys.map(async (privateKey, at) => createLibp2p({ privateKey, addresses: { listen: [`/memory/real-${at}`] }, transports: [memory()], connectionEncrypters: [noise()], streamMuxers: [yamux()], connectionGater: { denyDialMultiaddr: () => false }, services: { identify: identify(), sync: (c: any) => new LogSync(c) } }))) as any[]
  const inits = keys.map(privateKey => ({ privateKey, datastore: new MemoryDatastore() }))
  const alice = await MembershipLog.create(inits[0]!, { name: 'Club', kind: 'community', owners: keys.map(key => ({ first: keyOf(key) })).sort((a, b) => a.first < b.first ? -1 : 1), nonce: '00'.repeat(16) } as any)
  const invite = (nth: number) => ({ lookupId: nth.toString(16).padStart(32, '0'), role: 'reader', uses: 1, hosts: [], createdAt: 5, expiresAt: 0 }) as any
  for (let nth = 0; nth < 1500; nth++) await alice.append('INVITE', invite(nth))
  const bob = await MembershipLog.begin(inits[1]!, (alice as any).genesis.signed)
  nodes[0].services.sync.add(syncable(alice))
  nodes[1].services.sync.add(syncable(bob))
  const t0 = performance.now()
  await nodes[1].dial(nodes[0].getMultiaddrs())
  await vi.waitFor(() => { expect(bob.size).toBe(1501) }, { timeout: 20000, interval: 5 })
  console.log('first sync of 1500 ops', Math.round(performance.now() - t0))
  await bob.append('INVITE', invite(5000))
  await alice.append('INVITE', invite(5001))
  await vi.waitFor(() => { expect(alice.size).toBe(1503); expect(bob.size).toBe(1503) }, { timeout: 5000 })
  expect(alice.stateHash()).toBe(bob.stateHash())
  await Promise.all(nodes.map(async n => n.stop()))
}, 60_000)
