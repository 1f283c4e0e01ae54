import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createNetwork } from '../../src/testing/index.js'
import type { KeyInUseError } from '../../src/index.js'
import type { TestNode } from '../../src/testing/index.js'
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

describe('Bob copies his folder to another device', () => {
  it('both are told that the key is in use: the one that is refused, and the one that gets what it did not sign', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    const datastore = new MemoryDatastore()
    const alice = await network.node()
    const party = await alice.services.parties.create({ name: 'Book club' })
    const first = await network.node({ privateKey, datastore })
    const { code, pin } = await party.invite({ role: 'admin' })
    const bobs = await first.services.parties.redeem(code).setPin(pin)
    await vi.waitFor(() => { expect(bobs.synced).toBeDefined() })
    const copy = new MemoryDatastore()

    for (const { key, value } of [...datastore._all({}) as Iterable<{ key: Key, value: Uint8Array }>]) {
      await copy.put(key, value)
    }

    const second = await network.node({ privateKey, datastore: copy })
    const [errors, others] = [told(first), told(second)]
    await second.dial(alice.getMultiaddrs())
    await vi.waitFor(() => { expect(others.map(({ name, code }) => [name, code])).toEqual([['KeyInUseError', 'ERR_KEY_IN_USE']]) })
    expect(errors).toEqual([])

    const again = await second.services.parties.open(party.key)
    await again.invite()
    await first.hangUp(alice.peerId)
    await vi.waitFor(() => { expect(again.synced).toBeDefined() })
    await second.stop()
    await first.dial(alice.getMultiaddrs())
    await vi.waitFor(() => { expect(errors.map(({ name }) => name)).toEqual(['KeyInUseError']) })
  })
})
