/** A thief has a device, with its key and all that is on it but the words; or is the member who is asked. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { hexToBytes } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/async/clock.js'
import { encodeCode } from '../../src/codec/index.js'
import { keyOf, MembershipLog } from '../../src/log/index.js'
import { Answering } from '../../src/person/recover/answer.js'
import { RECOVER_PROTOCOL, STANDSTILL } from '../../src/person/recover/constants.js'
import { recoveryKeysOf } from '../../src/person/recovery-keys.js'
import { LocalRecovery } from '../../src/person/recovery.js'
import { entropyOf } from '../../src/person/words.js'
import { checkVersion } from '../../src/storage/records.js'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import { stranger } from '../helpers/attackers.js'
import { connect, join } from '../helpers/parties.js'
import { codeOf, keyed, lost, shared } from './recover-stories.js'
import type { SignedOp } from '../../src/log/index.js'
import type { Told } from './recover-stories.js'
import type { Network, TestNode } from '../../src/testing/index.js'
import type { Libp2p } from '@libp2p/interface'

let network: Network
const strangers: Libp2p[] = []

beforeEach(() => { network = createNetwork({ meet: false }) })

afterEach(async () => {
  await network.stop()
  await Promise.all(strangers.splice(0).map(async node => node.stop()))
})

describe('The phone of a founder is stolen', () => {
  it('she comes back on a new one, and unlinks it everywhere', async () => {
    const { alice: thief, book, film, words } = await shared(network)
    const phone = await network.node()
    const { parties } = await phone.services.parties.recover(words, { code: await codeOf(book) })
    expect(phone.services.parties.person.devices.map(({ peerId }) => peerId.toString())).toEqual([phone, thief].map(({ peerId }) => peerId.toString()))
    const { needsWords, parties: here } = await phone.services.parties.person.unlink(thief.peerId, { words })
    expect(keyed([...here])).toEqual(keyed(parties))
    expect(needsWords).toEqual([])
    await vi.waitFor(() => {
      expect([book, film].map(party => party.roleOf(thief.peerId))).toEqual([undefined, undefined])
      expect([book, film].map(party => party.roleOf(phone.peerId))).toEqual(['owner', 'writer'])
    })
    expect(phone.services.parties.person.devices).toHaveLength(1)
  })

  it('the thief lets her leave, and cannot keep her out: the words make that void', async () => {
    const { alice: thief, book, film, words } = await shared(network)

    for (const party of await thief.services.parties.list()) {
      await party.leave({ insist: true })
    }

    await vi.waitFor(() => { expect([book, film].map(party => party.roleOf(thief.peerId))).toEqual([undefined, undefined]) })
    const phone = await network.node()
    const told = await phone.services.parties.recover(words, { code: await codeOf(film) })
    expect(told.parties).toEqual([])
    expect(told.left.map(({ name }) => name).sort()).toEqual(['Book club', 'Film club'])
    expect(await phone.services.parties.list()).toEqual([])

    const { parties, left } = await phone.services.parties.recover(words, { code: await codeOf(film), retake: told.left.map(({ key }) => key) })
    expect(parties.map(({ name, role }) => `${name}: ${role}`).sort()).toEqual(['Book club: owner', 'Film club: writer'])
    expect(left).toEqual([])
    await vi.waitFor(() => {
      expect([book, film].map(party => party.roleOf(phone.peerId))).toEqual(['owner', 'writer'])
      expect([book, film].map(party => party.roleOf(thief.peerId))).toEqual([undefined, undefined])
    })

    // the thief goes on: nothing it signs counts
    await connect(thief, phone)
    await thief.services.parties.person.unlink(phone.peerId).catch(() => {})
    await Promise.all((await thief.services.parties.list()).map(async party => party.leave({ insist: true }).catch(() => {})))
    const mine = await phone.services.parties.open(book.key)
    await mine.setRole(book.self, 'owner')
    await vi.waitFor(() => { expect(book.role).toBe('owner') })
    expect([book, film].map(party => party.roleOf(phone.peerId))).toEqual(['owner', 'writer'])
  })

  it('the stolen phone itself does not come back by the words, once it is unlinked', async () => {
    const { alice: thief, book, film, words } = await shared(network)
    const phone = await network.node()
    await phone.services.parties.recover(words, { code: await codeOf(book) })
    await phone.services.parties.person.unlink(thief.peerId, { words })
    await vi.waitFor(() => { expect([book, film].map(party => party.roleOf(thief.peerId))).toEqual([undefined, undefined]) })
    await expect(thief.services.parties.recover(words, { code: await codeOf(book) })).rejects.toMatchObject({ name: 'DeviceUnlinkedError' })
  })
})

describe('Eve names Alice\'s recovery key as her own: nobody asks for a proof that she has it', () => {
  /** She is in Bob's film club, too, with a seat that Alice's words outrank. */
  async function named (): Promise<Told & { eve: TestNode }> {
    const told = await shared(network)
    const { privateKey: recovery } = await recoveryKeysOf(entropyOf(told.words))
    const store = { datastore: new MemoryDatastore(), privateKey: await generateKeyPair('Ed25519') }
    await checkVersion(store.datastore)
    await new LocalRecovery(store.datastore).load(keyOf(recovery))
    const eve = await network.node(store)
    await join(told.film, eve, 'reader')

    return { ...told, eve }
  }

  it('and gains nothing in Alice\'s seat: she speaks for herself, and her devices come nowhere', async () => {
    const { alice, film, eve } = await named()
    const eves = await eve.services.parties.open(film.key)
    expect([eves.role, film.roleOf(alice.peerId)]).toEqual(['reader', 'writer'])
    expect([eve, alice].map(({ peerId }) => film.memberOf(peerId)?.devices.length)).toEqual([1, 1])
    await expect(eves.setRole(alice.peerId, 'reader')).rejects.toMatchObject({ name: 'NotPermittedError' })
    await eve.services.parties.setProfile({ displayName: 'Eve' })
    await alice.services.parties.setProfile({ displayName: 'Alice' })
    await vi.waitFor(() => { expect([eve, alice].map(({ peerId }) => film.memberOf(peerId)?.profile.displayName)).toEqual(['Eve', 'Alice']) })
    expect(eve.services.parties.person.devices).toHaveLength(1)
    // Alice is outranked in her seat by her own words alone
    await expect(eve.services.parties.person.unlink(alice.peerId)).rejects.toMatchObject({ name: 'StorageError' })
  })

  it('and gives Alice her own seat: the words link Alice\'s device there, too, and it may leave for her', async () => {
    const { alice, film, eve, words } = await named()
    network.kill(alice)
    const phone = await network.node()
    await phone.services.parties.recover(words, { code: await codeOf(film) })
    const mine = await phone.services.parties.open(film.key)
    expect(mine.members.filter(({ self }) => self).map(({ role }) => role).sort()).toEqual(['reader', 'writer'])
    expect(mine.role).toBe('writer')
    await mine.leave({ member: mine.memberOf(eve.peerId) })
    await vi.waitFor(() => { expect([eve, phone].map(({ peerId }) => film.roleOf(peerId))).toEqual([undefined, 'writer']) })
  })

  it('and does not keep Alice out, with the thief of her phone, who left with it', async () => {
    const { alice: thief, film, words } = await named()
    await (await thief.services.parties.open(film.key)).leave()
    await vi.waitFor(() => { expect(film.roleOf(thief.peerId)).toBeUndefined() })
    const phone = await network.node()
    const told = await phone.services.parties.recover(words, { code: await codeOf(film) })
    expect(told.left.map(({ name }) => name)).toContain('Film club')
    await phone.services.parties.recover(words, { code: await codeOf(film), retake: told.left.map(({ key }) => key) })
    await vi.waitFor(() => { expect(film.members.filter(({ devices }) => devices.some(device => device.equals(phone.peerId))).map(({ role }) => role).sort()).toEqual(['reader', 'writer']) })
    expect(film.roleOf(thief.peerId)).toBeUndefined()
  })

  it('and by leaving does not hide Alice\'s seat from her', async () => {
    const { alice, film, eve, words } = await named()
    await (await eve.services.parties.open(film.key)).leave()
    await vi.waitFor(() => { expect(film.roleOf(eve.peerId)).toBeUndefined() })
    network.kill(alice)
    const phone = await network.node()
    const { parties } = await phone.services.parties.recover(words, { code: await codeOf(film) })
    expect(parties.map(({ name, role }) => `${name}: ${role}`)).toContain('Film club: writer')
  })
})

/** Eve's node, which names these parties to who proves any key; and her code. */
async function eveNaming (...genesis: SignedOp[]): Promise<string> {
  const eve = await stranger()
  strangers.push(eve)
  const answering = new Answering({ self: eve.peerId, clock: systemClock, seatsOf: () => genesis.map(op => ({ genesis: op, left: false })) })
  await eve.handle(RECOVER_PROTOCOL, (stream, connection) => { answering.answer(stream, connection, { signal: new AbortController().signal }).catch(() => {}) })

  return encodeCode({ secret: new Uint8Array(16), inviter: eve.peerId, addresses: eve.getMultiaddrs() })
}

async function someGenesis (): Promise<SignedOp> {
  const log = await MembershipLog.create({ datastore: new MemoryDatastore(), privateKey: await generateKeyPair('Ed25519') }, { name: 'Book club', kind: 'group', nonce: '00'.repeat(16) })

  return log.genesis.signed
}

describe('Eve is the member who is asked, and', () => {
  it('names a party, and sends no log: nothing is joined', async () => {
    const { words } = await lost(network)
    const clock = new FakeClock()
    const phone = await network.node({ clock })
    let how = ''
    phone.services.parties.recover(words, { code: await eveNaming(await someGenesis()) }).catch((err: Error) => { how = err.name })
    await vi.waitFor(() => {
      clock.advance(STANDSTILL / 4)
      expect(how).toBe('MemberUnreachableError')
    }, { timeout: 10_000, interval: 5 })
    expect(await phone.services.parties.list()).toEqual([])
  })

  it('names a party of her own, with that recovery key in a seat: one party more is in the list, and nothing else comes of it', async () => {
    const { words, book } = await lost(network)
    const [datastore, privateKey] = [new MemoryDatastore(), await generateKeyPair('Ed25519')]
    const { privateKey: recovery } = await recoveryKeysOf(entropyOf(words))
    // it marks the store as one of plus-one
    await (await network.node({ datastore, privateKey })).stop()
    await MembershipLog.create({ datastore, privateKey }, {
      name: 'Book club', kind: 'group', nonce: '00'.repeat(16), owners: [{ first: keyOf(privateKey) }, { first: keyOf(await generateKeyPair('Ed25519')), recovery: keyOf(recovery) }]
        .sort((a, b) => a.first < b.first ? -1 : 1)
    })
    const eve = await network.node({ datastore, privateKey })
    const [fake] = await eve.services.parties.list()
    const phone = await network.node()
    const { parties } = await phone.services.parties.recover(words, { code: await codeOf(fake!) })
    expect(keyed(parties)).toEqual([fake!.key])
    expect(fake!.key).not.toBe(book.key)

    // the true ones come from who has them
    await phone.services.parties.recover(words, { code: await codeOf(book) })
    expect(await phone.services.parties.list()).toHaveLength(3)
    expect(book.members.map(({ peerId }) => peerId.toString())).not.toContain(eve.peerId.toString())
  })

  it('forges a GENESIS, or names a home that is not of these words: refused by name', async () => {
    const { words, book } = await lost(network)
    const phone = await network.node()
    const { body, sig } = book.log.genesis.signed
    const changed = body.slice()
    changed[changed.length - 1]! ^= 1
    await expect(phone.services.parties.recover(words, { code: await eveNaming({ body, sig: sig.map(byte => byte ^ 1) }) })).rejects.toMatchObject({ name: 'ProtocolError' })
    await expect(phone.services.parties.recover(words, { code: await eveNaming({ body: changed, sig }, { body: hexToBytes('00'), sig }) })).rejects.toMatchObject({ name: 'NoSeatError' })
    expect(await phone.services.parties.list()).toEqual([])
  })
})
