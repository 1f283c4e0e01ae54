/** All devices are lost, or stolen: 12 words and somebody who is still there bring a person back. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keyOf, MembershipLog } from '../../src/log/index.js'
import { makeHome } from '../../src/person/home.js'
import { recoveryKeysOf } from '../../src/person/recovery-keys.js'
import { LocalRecovery } from '../../src/person/recovery.js'
import { entropyOf, wordsOf } from '../../src/person/words.js'
import { checkVersion } from '../../src/storage/records.js'
import { createNetwork } from '../../src/testing/index.js'
import { join } from '../helpers/parties.js'
import { codeOf, keyed, lost, OTHER_WORDS, shared, wordsOn } from './recover-stories.js'
import type { RecoverProgress } from '../../src/index.js'
import type { Network } from '../../src/testing/index.js'

let network: Network

beforeEach(() => { network = createNetwork({ meet: false }) })

afterEach(async () => { await network.stop() })

describe('All devices are lost', () => {
  it('12 words and the code of any invitation bring Alice back, in all parties that the inviter shares with her; nothing of it is used', async () => {
    const { alice, book, film, words } = await lost(network)
    const invitation = await film.invite({ role: 'reader' })
    const phone = await network.node()
    const told: RecoverProgress['type'][] = []
    const { parties, left, missing } = await phone.services.parties.recover(words, { code: invitation.code, onProgress: ({ type }) => { told.push(type) } })

    expect(keyed(parties)).toEqual(keyed([book, film]))
    expect({ left, missing }).toEqual({ left: [], missing: [] })
    expect(parties.map(({ name, role }) => `${name}: ${role}`).sort()).toEqual(['Book club: owner', 'Film club: writer'])
    expect(keyed(await phone.services.parties.list())).toEqual(keyed([book, film]))
    expect(new Set(told)).toEqual(new Set(['dialing', 'connected', 'proved', 'receiving', 'linked']))
    expect(invitation.getSnapshot()).toMatchObject({ status: 'pending', attemptsLeft: 3, usedBy: [] })

    // it is the same person, with a device more
    await vi.waitFor(() => { expect(film.roleOf(phone.peerId)).toBe('writer') })
    expect(book.members).toHaveLength(2)
    expect(book.roleOf(alice.peerId)).toBe('owner')
  })

  it('Alice acts at once: she invites as the owner that she is, also after a restart', async () => {
    const { bob, book, words } = await lost(network)
    const phone = await network.node()
    await phone.services.parties.recover(words, { code: await codeOf(book) })
    const again = await network.restart(phone)
    await again.dial(bob.getMultiaddrs())
    const mine = await again.services.parties.open(book.key)
    expect(mine.role).toBe('owner')
    const dave = await network.node()
    await join(mine, dave, 'admin')
    await vi.waitFor(() => { expect(book.roleOf(dave.peerId)).toBe('admin') })
  })

  it('the words are on paper, and not on the new device', async () => {
    const { book, words } = await lost(network)
    const phone = await network.node()
    await phone.services.parties.recover(words, { code: await codeOf(book) })
    expect(phone.services.parties.person.recovery.isConfirmed).toBe(true)
    await expect(phone.services.parties.person.recovery.words()).rejects.toMatchObject({ name: 'WordsConfirmedError' })
  })

  it('a device of hers that is still there is enough, also where she is in no party: the new one is in her home', async () => {
    const laptop = await network.node()
    const words = await wordsOn(laptop)
    const { code } = await laptop.services.parties.person.invite()
    const phone = await network.node()
    expect(await phone.services.parties.recover(words, { code })).toEqual({ parties: [], left: [], missing: [] })
    expect(phone.services.parties.person.devices.map(({ peerId }) => peerId.toString())).toEqual([phone, laptop].map(({ peerId }) => peerId.toString()))
    const book = await laptop.services.parties.create({ name: 'Book club' })
    await vi.waitFor(() => { expect(book.roleOf(phone.peerId)).toBe('owner') })
  })

  it('who recovers again from who has nothing new is told that the device is linked', async () => {
    const { book, film, words } = await lost(network)
    const phone = await network.node()
    await phone.services.parties.recover(words, { code: await codeOf(book) })
    await expect(phone.services.parties.recover(words, { code: await codeOf(film) })).rejects.toMatchObject({ name: 'AlreadyLinkedError' })
    expect(keyed(await phone.services.parties.list())).toEqual(keyed([book, film]))
  })
})

describe('A laptop that waits to be linked into a party', () => {
  it('comes in by the words, where no other device of hers is left', async () => {
    const { alice, book, film, words } = await shared(network)
    const store = { datastore: new MemoryDatastore(), privateKey: await generateKeyPair('Ed25519') }
    const { privateKey: recovery } = await recoveryKeysOf(entropyOf(words))
    await checkVersion(store.datastore)
    await (await makeHome(store, recovery)).close()
    await new LocalRecovery(store.datastore).load(keyOf(recovery))
    const waiting = await MembershipLog.begin(store, book.log.genesis.signed, {
      with: (batch, { id }) => { batch.put(new Key(`/plus-one/person/awaited/${id}`), new Uint8Array()) }, before: () => {}
    })
    await waiting.close()
    network.kill(alice)

    const laptop = await network.node(store)
    expect(await laptop.services.parties.list()).toEqual([])
    const { parties } = await laptop.services.parties.recover(words, { code: await codeOf(book) })
    expect(keyed(parties)).toEqual(keyed([book, film]))
    const again = await network.restart(laptop)
    expect(keyed(await again.services.parties.list())).toEqual(keyed([book, film]))
  })
})

describe('It fails by name', () => {
  it.each<[what: string, change: (words: string) => string, reason: string]>([
    ['too few words', words => words.split(' ').slice(1).join(' '), 'count'],
    ['a word that is none', words => words.replace(/^\S+/, 'qqqqqq'), 'word'],
    ['words that do not fit together', (words) => {
      const [first = '', second = '', ...rest] = words.split(' ')

      return [second, first, ...rest].join(' ')
    }, 'checksum']
  ])('%s: before anybody is asked', async (_, change, reason) => {
    const phone = await network.node()
    // of these the first two in another order do not fit
    const words = wordsOf(new Uint8Array(16).fill(7)).join(' ').replace(/^(\S+) \S+/, '$1 abandon')
    await expect(phone.services.parties.recover(reason === 'checksum' ? words : change(wordsOf(new Uint8Array(16).fill(7)).join(' ')), { code: 'no code' }))
      .rejects.toMatchObject({ name: 'InvalidWordsError', reason })
  })

  it('no code, no backup; a code that is none', async () => {
    const phone = await network.node()
    await expect(phone.services.parties.recover(OTHER_WORDS, {})).rejects.toMatchObject({ name: 'TypeError' })
    await expect(phone.services.parties.recover(OTHER_WORDS, { code: 'ABC' })).rejects.toMatchObject({ name: 'InvalidCodeError' })
    await expect(phone.services.parties.recover(OTHER_WORDS, { backup: new Uint8Array(3) })).rejects.toMatchObject({ name: 'InvalidBackupError' })
  })

  it('words that nobody there knows: nothing is changed', async () => {
    const { book } = await lost(network)
    const phone = await network.node()
    const own = await wordsOn(phone)
    await expect(phone.services.parties.recover(OTHER_WORDS, { code: await codeOf(book) })).rejects.toMatchObject({ name: 'NoSeatError' })
    expect(await wordsOn(phone)).toBe(own)
    expect(await phone.services.parties.list()).toEqual([])
  })

  it('a party from which Alice was removed', async () => {
    const { alice, film, words } = await lost(network)
    const phone = await network.node()
    await film.remove(alice.peerId)
    const { parties } = await phone.services.parties.recover(words, { code: await codeOf(film) })
    expect(parties.map(({ name }) => name)).toEqual(['Book club'])
  })

  it('nobody answers', async () => {
    const { bob, book, words } = await lost(network)
    const code = await codeOf(book)
    const phone = await network.node({ connectTimeout: 200 })
    network.kill(bob)
    await expect(phone.services.parties.recover(words, { code })).rejects.toMatchObject({ name: 'MemberUnreachableError' })
  })

  it('the device has a person of its own, with words that were written down, or a party', async () => {
    const { book, words } = await lost(network)
    const code = await codeOf(book)
    const [one, other] = await Promise.all([network.node(), network.node()])
    const { recovery } = one.services.parties.person
    await one.services.parties.list()
    const written = await recovery.words()
    await recovery.confirm(recovery.asked!.map(place => written[place - 1]!) as [string, string])
    await other.services.parties.create({ name: 'Own' })

    for (const node of [one, other]) {
      await expect(node.services.parties.recover(words, { code })).rejects.toMatchObject({ name: 'OtherPersonError' })
    }
  })

  it('the caller thinks better of it', async () => {
    const { book, words } = await lost(network)
    const phone = await network.node()
    const code = await codeOf(book)
    await expect(phone.services.parties.recover(words, { code, signal: AbortSignal.abort(new DOMException('No', 'AbortError')) })).rejects.toMatchObject({ name: 'AbortError' })
    expect(await phone.services.parties.list()).toEqual([])
  })
})

describe('A backup', () => {
  it('brings all parties back at once, from members at their last addresses: made after the words were written down, and opened by them alone', async () => {
    const [alice, bob, carol] = await Promise.all([network.node(), network.node(), network.node()])
    const book = await alice.services.parties.create({ name: 'Book club' })
    await join(book, bob, 'admin')
    const choir = await carol.services.parties.create({ name: 'Choir' })
    await join(choir, alice, 'reader')
    const words = await wordsOn(alice)
    const { recovery } = alice.services.parties.person
    await recovery.confirm(recovery.asked!.map(place => words.split(' ')[place - 1]!) as [string, string])
    const backup = await alice.services.parties.person.backup()
    network.kill(alice)

    const phone = await network.node()
    await expect(phone.services.parties.recover(OTHER_WORDS, { backup })).rejects.toMatchObject({ name: 'InvalidBackupError', reason: 'words' })
    const { parties, missing } = await phone.services.parties.recover(words, { backup })
    expect(keyed(parties)).toEqual(keyed([book, choir]))
    expect(missing).toEqual([])
    // and writes the next one
    expect((await phone.services.parties.person.backup()).length).toBeGreaterThan(500)
  })

  it('names the device that made it, last: a recovered one, where nobody else is there, brings the next', async () => {
    const [alice, phone, laptop] = await Promise.all([network.node(), network.node(), network.node()])
    const diary = await alice.services.parties.create({ name: 'Diary' })
    const words = await wordsOn(alice)
    const { recovery } = alice.services.parties.person
    // from here on she has a home, which says in which parties her devices are
    await recovery.confirm(recovery.asked!.map(place => words.split(' ')[place - 1]!) as [string, string])
    await phone.services.parties.recover(words, { code: await codeOf(diary) })
    network.kill(alice)
    const backup = await phone.services.parties.person.backup()
    const { parties, missing } = await laptop.services.parties.recover(words, { backup })
    expect([keyed(parties), missing]).toEqual([keyed([diary]), []])
    await vi.waitFor(async () => { expect((await phone.services.parties.open(diary.key)).members[0]?.devices).toHaveLength(3) })
  })

  it('says which parties are missing where their members are away; the same call brings them later', async () => {
    const { alice, book, film, carol, choir, words } = await shared(network)
    const backup = await alice.services.parties.person.backup()
    network.kill(alice)
    network.kill(carol)
    const phone = await network.node({ connectTimeout: 300 })
    const { parties, missing } = await phone.services.parties.recover(words, { backup })
    expect(keyed(parties)).toEqual(keyed([book, film]))
    expect(missing).toEqual([choir.key])

    await network.restart(carol)
    const later = await phone.services.parties.recover(words, { backup })
    expect(keyed(later.parties)).toEqual(keyed([book, film, choir]))
    expect(later.missing).toEqual([])
  })
})
