/** What breaks off anywhere is gone on with: connections, processes, disks. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { TypedEventEmitter } from 'main-event'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/async/clock.js'
import { MembershipLog } from '../../src/log/index.js'
import { keyOf } from '../../src/log/terms.js'
import { fetchLog } from '../../src/person/recover/fetch-log.js'
import { RefusalCode } from '../../src/sync/index.js'
import { person } from '../log/people.js'
import { createNetwork, FailingStore } from '../../src/testing/index.js'
import { codeOf, keyed, killedAfter, lost, shared } from './recover-stories.js'
import type { LogSync, LogSyncEvents } from '../../src/sync/index.js'
import type { Network } from '../../src/testing/index.js'
import type { Connection } from '@libp2p/interface'

let network: Network

beforeEach(() => { network = createNetwork({ meet: false }) })

afterEach(async () => { await network.stop() })

const settled = async (promise: Promise<unknown>): Promise<string> => promise.then(() => 'done', (err: unknown) => (err as Error).name)

describe('A recovery that breaks off', () => {
  it('by a killed process, after any message, is gone on with by the same call; until then there are no parties', async () => {
    const { book, film, words } = await lost(network)
    const code = await codeOf(film)

    for (const after of [1, 4, 9, 14, 20, 26]) {
      const phone = await network.node()
      const killed = killedAfter(network, phone, after)
      await Promise.race([killed, settled(phone.services.parties.recover(words, { code }))])
      const again = await network.restart(phone)
      const before = await again.services.parties.list()
      expect(before.every(({ role }) => role != null)).toBe(true)
      const { parties } = await again.services.parties.recover(words, { code })
        .catch(async (err: Error) => {
          expect(err.name).toBe('AlreadyLinkedError')
          return { parties: await again.services.parties.list() }
        })
      expect(keyed(parties)).toEqual(keyed([book, film]))
      await again.stop()
    }
  })

  it('by a killed process, once the home knows the device, is gone on with by another of its devices, without a call', async () => {
    const { alice, book, film, choir, words } = await shared(network)
    const { person } = alice.services.parties
    await person.recovery.confirm(person.recovery.asked!.map(place => words.split(' ')[place - 1]!) as [string, string])
    const code = await codeOf(await alice.services.parties.open(book.key))

    for (const after of [1, 3, 6, 9]) {
      const phone = await network.node()
      const killed = killedAfter(network, phone, after, () => person.devices.some(({ peerId }) => peerId.equals(phone.peerId)))
      await Promise.race([killed, settled(phone.services.parties.recover(words, { code }))])
      const again = await network.restart(phone)
      await again.dial(alice.getMultiaddrs())
      await vi.waitFor(async () => { expect(keyed(await again.services.parties.list())).toEqual(keyed([book, film, choir])) })
      expect((await again.services.parties.list()).map(({ role }) => role).sort()).toEqual(['owner', 'reader', 'writer'])
      await network.restart(again).then(async node => {
        expect(keyed(await node.services.parties.list())).toEqual(keyed([book, film, choir]))
        await node.stop()
      })
    }
  })

  it('by a lost connection, after any message, goes on by itself or by the same call', async () => {
    const { book, film, words } = await lost(network)
    const code = await codeOf(film)

    for (const after of [2, 6, 12, 18]) {
      const phone = await network.node()
      let messages = 0
      const end = network.meddle(({ from, to }) => (from.equals(phone.peerId) || to.equals(phone.peerId)) && ++messages === after ? 'cut' : undefined)
      const how = await settled(phone.services.parties.recover(words, { code }))
      end()

      if (how !== 'done') {
        expect(how).toBe('MemberUnreachableError')
        await phone.services.parties.recover(words, { code })
      }

      expect(keyed(await phone.services.parties.list())).toEqual(keyed([book, film]))
      await phone.stop()
    }
  }, 60_000)

  it('by a full disk, at any write, is told, and gone on with when there is room', async () => {
    const { book, film, words } = await lost(network)
    const code = await codeOf(film)

    for (let write = 1; write <= 12; write++) {
      const store = new FailingStore()
      const phone = await network.node({ datastore: store })
      await phone.services.parties.list()
      store.fail({ below: '/plus-one', after: write, times: 1 })
      const how = await settled(phone.services.parties.recover(words, { code }))

      if (how !== 'done') {
        expect(how).toBe('StorageError')
        expect(await settled(phone.services.parties.recover(words, { code }))).toMatch(/^(done|AlreadyLinkedError)$/)
      }

      expect(keyed(await phone.services.parties.list())).toEqual(keyed([book, film]))
      store.recover()
      const again = await network.restart(phone)
      expect(keyed(await again.services.parties.list())).toEqual(keyed([book, film]))
      expect(again.services.parties.person.recovery.isConfirmed).toBe(true)
      await again.stop()
    }
  })
})

describe('A member whom a new device asks for a log', () => {
  it('may say that another node uses the device\'s key: the log comes all the same, and nothing is proved anew', async () => {
    const eve = await generateKeyPair('Ed25519')
    const log = await MembershipLog.create(await person('Alice'), { name: 'Book club', kind: 'group', nonce: '0e'.repeat(16) })
    const sync = new TypedEventEmitter<LogSyncEvents>() as LogSync
    const said = { party: log.key, peer: keyOf(peerIdFromPrivateKey(eve)) }
    const prove = vi.fn(async () => { throw new Error('Nothing is proved') })
    const node = { clock: systemClock, sync, fetch: async () => {
      sync.safeDispatchEvent('refused', { detail: { ...said, code: RefusalCode.IN_USE } })
      sync.safeDispatchEvent('agreed', { detail: said })
    } }
    const connection = Object.assign(new EventTarget(), { remotePeer: peerIdFromPrivateKey(eve), status: 'open' }) as unknown as Connection
    await fetchLog({ node, log, connection, prove, signal: new AbortController().signal, onProgress: () => {} })
    expect(prove).not.toHaveBeenCalled()
  })
})
