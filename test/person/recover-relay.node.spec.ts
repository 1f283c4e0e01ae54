/** A member who can be reached through a relay alone, whose connections end after 128 KiB. */
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { MemoryDatastore } from 'datastore-core'
import { createLibp2p } from 'libp2p'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { parties } from '../../src/index.js'
import { keyOf, MembershipLog } from '../../src/log/index.js'
import { recoveryKeysOf } from '../../src/person/recovery-keys.js'
import { entropyOf, wordsOf } from '../../src/person/words.js'
import { inviteTo } from '../log/people.js'
import { codeOf } from './recover-stories.js'
import type { Parties } from '../../src/index.js'
import type { Libp2p } from '@libp2p/interface'

type Node = Libp2p<{ parties: Parties }>

const nodes: Libp2p[] = []

afterEach(async () => { await Promise.all(nodes.splice(0).map(async node => node.stop())) })

async function start (listen: string[], init: object = {}, services: object = {}): Promise<Node> {
  const node = await createLibp2p({
    addresses: { listen },
    transports: [tcp(), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    // libp2p counts those that come over a relay as its host's, and takes five a second of one
    connectionManager: { inboundConnectionThreshold: Number.POSITIVE_INFINITY },
    services: { identify: identify(), parties: parties({ meet: false }), ...services },
    ...init
  }) as unknown as Node
  nodes.push(node)

  return node
}

describe('Over a relay', () => {
  it('a log that takes several of its connections comes in, and the device is linked', async () => {
    const relay = await start(['/ip4/127.0.0.1/tcp/0'], { transports: [tcp()] }, { relay: circuitRelayServer({ reservations: { defaultDataLimit: 131_072n } }) })
    const words = wordsOf(new Uint8Array(16).fill(9)).join(' ')
    const { privateKey: recovery } = await recoveryKeysOf(entropyOf(words))
    const [datastore, privateKey, lost] = [new MemoryDatastore(), await generateKeyPair('Ed25519'), await generateKeyPair('Ed25519')]
    // it marks the store as one of plus-one
    await (await start([], { datastore, privateKey })).stop()
    const log = await MembershipLog.create({ datastore, privateKey }, {
      name: 'Book club', kind: 'group', nonce: '00'.repeat(16), owners: [{ first: keyOf(privateKey) }, { first: keyOf(lost), recovery: keyOf(recovery) }].sort((a, b) => a.first < b.first ? -1 : 1)
    })

    for (let nth = 0; nth < 400; nth++) {
      await log.append('INVITE', { ...inviteTo('reader'), data: new Uint8Array(512) })
    }

    await log.close()
    const bob = await start([`${relay.getMultiaddrs()[0]!.toString()}/p2p-circuit`], { datastore, privateKey })
    await vi.waitFor(() => { expect(bob.getMultiaddrs().length).toBeGreaterThan(0) })
    const [book] = await bob.services.parties.list()
    const phone = await start([])
    const connections = new Set<string>()
    phone.addEventListener('connection:open', ({ detail }) => { if (detail.limits != null) { connections.add(detail.id) } })
    const { parties: found } = await phone.services.parties.recover(words, { code: await codeOf(book!) })
    expect(found.map(({ name, role }) => ({ name, role }))).toEqual([{ name: 'Book club', role: 'owner' }])
    await vi.waitFor(() => { expect(book!.roleOf(phone.peerId)).toBe('owner') }, { timeout: 10_000 })
    expect(connections.size).toBeGreaterThan(1)
  }, 60_000)
})
