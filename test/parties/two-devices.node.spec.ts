import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { compare } from 'uint8arrays/compare'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import type { KeyInUseError, Party } from '../../src/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'
import type { Connection, PrivateKey } from '@libp2p/interface'
import type { Key } from 'interface-datastore'

const network = createNetwork({ meet: false })

// two processes: where the Web Locks API is, nodes of one process wait for each other
beforeEach(() => { vi.stubGlobal('navigator', {}) })

afterEach(async () => {
  await network.stop()
  vi.unstubAllGlobals()
})

function told (node: TestNode): KeyInUseError[] {
  const errors: KeyInUseError[] = []
  node.services.parties.addEventListener('key-in-use', ({ detail: { error } }) => { errors.push(error) })

  return errors
}

/** Nothing comes over it any more, and nobody is told: as over WebRTC, for half a minute, where a page was loaded again. */
function mute (connection?: Connection): void {
  const { maConn } = connection as unknown as { maConn: object }
  Object.assign(maConn, { onData: () => {}, onTransportClosed: () => {} })
}

async function copied (network: Network): Promise<{ alice: TestNode, first: TestNode, second: TestNode, party: Party }> {
  // of two streams that are opened at once the lower key's stays: Alice's
  const [alices, privateKey] = (await Promise.all([generateKeyPair('Ed25519'), generateKeyPair('Ed25519')])).sort((a, b) => compare(a.publicKey.raw, b.publicKey.raw)) as [PrivateKey, PrivateKey]
  const datastore = new MemoryDatastore()
  const alice = await network.node({ privateKey: alices })
  const party = await alice.services.parties.create({ name: 'Book club' })
  const first = await network.node({ privateKey, datastore })
  const { code, pin } = await party.invite({ role: 'admin' })
  const bobs = await first.services.parties.redeem(code).setPin(pin)
  await vi.waitFor(() => { expect(bobs.synced).toBeDefined() })
  const copy = new MemoryDatastore()

  for (const { key, value } of [...datastore._all({}) as Iterable<{ key: Key, value: Uint8Array }>]) {
    await copy.put(key, value)
  }

  return { alice, first, second: await network.node({ privateKey, datastore: copy }), party }
}

describe('Bob copies his folder to another device', () => {
  it('both are told before either writes, by the member whom they share', async () => {
    const { alice, first, second, party } = await copied(network)
    const [errors, others] = [told(first), told(second)]
    await second.dial(alice.getMultiaddrs())
    await vi.waitFor(() => { expect([errors, others].map(list => list.map(({ name, code }) => [name, code]))).toEqual([[['KeyInUseError', 'ERR_KEY_IN_USE']], [['KeyInUseError', 'ERR_KEY_IN_USE']]]) })
    // the first goes on as it was
    await party.setInfo({ name: 'Book circle' })
    await vi.waitFor(async () => { expect((await first.services.parties.open(party.key)).name).toBe('Book circle') })
    expect([errors.length, others.length]).toEqual([1, 1])
  })

  it('who starts again while its old stream is still thought to stand is told nothing there: nobody else has its key', async () => {
    const { alice, first, second } = await copied(network)
    await second.stop()
    const errors = told(first)
    network.kill(first)
    const again = await network.restart(first)
    await again.dial(alice.getMultiaddrs())
    await vi.waitFor(async () => { expect((await again.services.parties.list())[0]?.synced).toBeDefined() })
    expect(errors).toEqual([])
  })

  it.each([
    ['thinks for a while that the old one is there', () => {}],
    ['opens a stream to the old one', (connection?: Connection) => { connection?.streams.forEach((stream) => { stream.abort(new Error('It was lost')) }) }]
  ])('Bob loads his page again, and Alice %s: nobody is alarmed, and the new one has its place at once', async (_, lose) => {
    const clock = new FakeClock()
    const slow = createNetwork({ meet: false, clock })
    onTestFinished(async () => slow.stop())
    const { alice, first, second } = await copied(slow)
    await second.stop()
    const [connection] = alice.getConnections(first.peerId)
    mute(connection)
    lose(connection)
    const again = await slow.restart(first)
    const [errors, others] = [told(again), told(alice)]
    await again.dial(alice.getMultiaddrs())
    await vi.waitFor(async () => {
      clock.advance(250)
      expect((await again.services.parties.list())[0]?.synced).toBeDefined()
    }, { timeout: 5_000 })
    expect([...errors, ...others]).toEqual([])
  })

  it('two who never met the same member hear of each other by the first op', async () => {
    const { alice, first, second, party } = await copied(network)
    const errors = told(first)
    await first.hangUp(alice.peerId)
    await vi.waitFor(() => { expect(alice.getConnections(first.peerId)).toEqual([]) })
    await second.dial(alice.getMultiaddrs())
    const again = await second.services.parties.open(party.key)
    await vi.waitFor(() => { expect(again.synced).toBeDefined() })
    const { id } = await again.invite()
    await again.delivered()
    expect(party.invitations.list().items.map(item => item.id)).toContain(id)
    await second.stop()
    await vi.waitFor(() => { expect(alice.getConnections(first.peerId)).toEqual([]) })
    await first.dial(alice.getMultiaddrs())
    await vi.waitFor(() => { expect(errors.map(({ name }) => name)).toEqual(['KeyInUseError']) })
  })
})
