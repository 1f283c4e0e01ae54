/** A person lives with several devices: apart, at once, with clocks that differ, and in the midst of one another. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import { connect, join } from '../helpers/parties.js'
import { codeOf, wordsOn } from './recover-stories.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Party } from '../../src/index.js'
import type { Network, NodeInit, TestNode } from '../../src/testing/index.js'

let network: Network

beforeEach(() => { network = createNetwork() })

afterEach(async () => { await network.stop() })

const YEAR = 365 * 24 * 3_600_000

async function device (init: NodeInit = {}): Promise<TestNode> {
  return network.node({ privateKey: await generateKeyPair('Ed25519'), datastore: new MemoryDatastore(), ...init })
}

async function link (by: TestNode, device: TestNode): Promise<void> {
  const { code, pin } = await by.services.parties.person.invite()
  await device.services.parties.redeem(code).setPin(pin)
}

async function partyOn ({ services: { parties } }: TestNode, key: string): Promise<LocalParty> {
  return vi.waitFor(async () => {
    const [party] = (await parties.list()).filter(party => party.key === key && party.role != null)
    expect(party).toBeDefined()

    return party as LocalParty
  })
}

/** All have the same of it. */
async function agree (parties: Party[]): Promise<void> {
  await vi.waitFor(() => { expect(new Set(parties.map(party => (party as LocalParty).log.stateHash())).size).toBe(1) })
}

describe('A phone and a laptop', () => {
  it('give Bob two roles while they are apart, one clock a year ahead: all agree on one as they meet, and either goes on', async () => {
    const [phone, laptop, bob] = [await device(), await device({ clock: new FakeClock(Date.now() + YEAR) }), await device()]
    const book = await phone.services.parties.create({ name: 'Book club' })
    await join(book, bob, 'reader')
    await link(phone, laptop)
    const laptops = await partyOn(laptop, book.key)
    const bobs = await partyOn(bob, book.key)
    await agree([book, laptops, bobs])
    network.partition([phone, bob], [laptop])
    await book.setRole(bob.peerId, 'writer')
    await laptops.setRole(bob.peerId, 'admin')
    network.partition()
    await connect(phone, laptop)
    await agree([book, laptops, bobs])
    const { role } = bobs
    expect(['writer', 'admin']).toContain(role)
    await laptops.setRole(bob.peerId, 'reader')
    await vi.waitFor(() => { expect([book, laptops, bobs].map(party => party.roleOf(bob.peerId))).toEqual(['reader', 'reader', 'reader']) })
    // a code of the one whose clock is ahead is good by its own clock, for a year more
    const carol = await device()
    await join(laptops, carol, 'reader')
    await vi.waitFor(() => { expect(book.roleOf(carol.peerId)).toBe('reader') })
  })

  it('are three at once: a laptop and two tablets are linked side by side, and all are in each party', async () => {
    const phone = await device()
    const parties = await Promise.all(['Book club', 'Choir'].map(async name => phone.services.parties.create({ name })))
    const others = await Promise.all([device(), device(), device()])
    await Promise.all(others.map(async other => link(phone, other)))

    for (const { key } of parties) {
      const all = await Promise.all([phone, ...others].map(async one => partyOn(one, key)))
      await vi.waitFor(() => { expect(all.map(party => party.members.map(({ devices }) => devices.length))).toEqual(Array(4).fill([4])) })
      await agree(all)
    }

    await vi.waitFor(() => { expect([phone, ...others].map(({ services }) => services.parties.person.devices.length)).toEqual([4, 4, 4, 4]) })
    expect(phone.services.parties.person.devices.flatMap(({ missing }) => missing)).toEqual([])
  })

  it('the laptop is reset in the midst of being linked, at any message: the phone goes on, and links it anew', async () => {
    for (const after of [3, 9, 15, 25]) {
      const [phone, laptop] = [await device(), await device()]
      const book = await phone.services.parties.create({ name: 'Book club' })
      let messages = 0
      const reset = new Promise<void>((resolve) => {
        const end = network.meddle(({ from, to }) => {
          if ((from.equals(laptop.peerId) || to.equals(laptop.peerId)) && ++messages === after) {
            end()
            laptop.services.parties.reset().then(resolve, resolve)
          }

          return undefined
        })
      })
      await Promise.all([reset, link(phone, laptop).catch(() => {})])
      // where the reset came first, the linking went on after it
      await link(phone, laptop).catch((err: Error) => { expect(err.name).toBe('AlreadyMemberError') })
      const again = await partyOn(laptop, book.key)
      await vi.waitFor(() => { expect([book, again].map(party => party.members.map(({ devices }) => devices.length))).toEqual([[2], [2]]) })
      await Promise.all([phone.stop(), laptop.stop()])
    }
  })

  it('the laptop is unlinked while it recovers by the words: it is out for all, and stays out', async () => {
    const [phone, bob] = [await device(), await device()]
    const book = await phone.services.parties.create({ name: 'Book club' })
    await join(book, bob, 'admin')
    const bobs = await partyOn(bob, book.key)
    const words = await wordsOn(phone)
    const laptop = await device()
    const recovering = laptop.services.parties.recover(words, { code: await codeOf(bobs) })
    await vi.waitFor(() => { expect(bobs.members.some(({ devices }) => devices.length === 2)).toBe(true) })
    await vi.waitFor(() => { expect(book.members.some(({ devices }) => devices.length === 2)).toBe(true) })
    await phone.services.parties.person.unlink(laptop.peerId, { words })
    await recovering.catch(() => {})
    await vi.waitFor(() => { expect([book, bobs].map(party => party.roleOf(laptop.peerId))).toEqual([undefined, undefined]) })
    await vi.waitFor(async () => { expect((await laptop.services.parties.list()).map(({ role }) => role)).toEqual([undefined]) })
    await expect(laptop.services.parties.recover(words, { code: await codeOf(bobs) })).rejects.toMatchObject({ name: 'DeviceUnlinkedError' })
    expect(bobs.roleOf(phone.peerId)).toBe('owner')
  })

  it('one forgets a party while the other renames it, and herself: it stays forgotten there, and is renamed here', async () => {
    const [phone, laptop, bob] = [await device(), await device(), await device()]
    const book = await phone.services.parties.create({ name: 'Book club' })
    await join(book, bob, 'reader')
    await link(phone, laptop)
    const laptops = await partyOn(laptop, book.key)
    await Promise.all([laptops.forget({ insist: true }), book.setInfo({ name: 'Book circle' }), book.setDisplayName('Alice, chair'), phone.services.parties.setProfile({ displayName: 'Alice' })])
    const bobs = await partyOn(bob, book.key)
    await vi.waitFor(() => { expect([bobs.name, bobs.memberOf(phone.peerId)?.profile.displayName]).toEqual(['Book circle', 'Alice, chair']) })
    // as the home keeps profiles in step
    await vi.waitFor(() => { expect(laptop.services.parties.profile.displayName).toBe('Alice') })
    expect(await laptop.services.parties.list()).toEqual([])
    const again = await network.restart(laptop)
    await connect(again, phone)
    expect(await again.services.parties.list()).toEqual([])
  })
})
