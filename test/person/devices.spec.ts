import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { keyOf, linkBytes, MembershipLog, personIdOf } from '../../src/log/index.js'
import { homeGenesis, makeHome } from '../../src/person/home.js'
import { LocalRecovery } from '../../src/person/recovery.js'
import { checkVersion } from '../../src/storage/records.js'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import { Disk, DiskDatastore } from '../helpers/disk.js'
import { join } from '../helpers/parties.js'
import { BadStore, SlowStore } from '../helpers/stores.js'
import { signedOps } from '../log/people.js'
import type { Party } from '../../src/index.js'
import type { TestNode } from '../../src/testing/index.js'
import type { PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

let network = createNetwork()

afterEach(async () => {
  await network.stop()
  network = createNetwork()
})

interface Store {
  datastore: Datastore
  privateKey: PrivateKey
}

/** The stores of a phone and of a laptop that was linked there, before either met again; and the 12 words. */
async function stores (phoneStore: Datastore = new MemoryDatastore(), laptopStore: Datastore = new MemoryDatastore()): Promise<{ phone: Store, laptop: Store, words: string }> {
  const phone = { datastore: phoneStore, privateKey: await generateKeyPair('Ed25519') }
  const laptop = { datastore: laptopStore, privateKey: await generateKeyPair('Ed25519') }
  await Promise.all([checkVersion(phoneStore), checkVersion(laptopStore)])
  const recovery = new LocalRecovery(phone.datastore)
  await recovery.load()
  const { privateKey } = (await recovery.keys())!
  const home = await makeHome(phone, privateKey)
  const acceptance = Uint8Array.from(await laptop.privateKey.sign(linkBytes(home.key, personIdOf(keyOf(privateKey), keyOf(privateKey)), home.self)))
  await home.append('LINK', { key: keyOf(laptop.privateKey), acceptance })
  await (await MembershipLog.begin(laptop, await homeGenesis(privateKey))).receive(signedOps(home))
  await new LocalRecovery(laptop.datastore).load(keyOf(privateKey))

  return { phone, laptop, words: (await recovery.words()).join(' ') }
}

async function linked (laptopStore?: Datastore): Promise<{ phone: TestNode, laptop: TestNode, words: string, parties: Party[] }> {
  const { phone: one, laptop: other, words } = await stores(undefined, laptopStore)
  const phone = await network.node(one)
  const parties = await Promise.all(['Book club', 'Family', 'Choir'].map(async name => phone.services.parties.create({ name })))
  const laptop = await network.node(other)
  await laptop.dial(phone.getMultiaddrs())
  await vi.waitFor(async () => { expect(await laptop.services.parties.list()).toHaveLength(3) })

  return { phone, laptop, words, parties }
}

const devicesOf = ({ services: { parties: { person } } }: TestNode) => person.devices.map(({ peerId, name, self, online, missing }) => ({ peerId: peerId.toString(), name, self, online, missing }))

describe('a node that has no other device', () => {
  it('shows itself, keeps no home, and makes one when it is named; the home is no party', async () => {
    const datastore = new MemoryDatastore()
    const alice = await network.node({ datastore })
    const { parties } = alice.services
    const told: string[] = []
    parties.addEventListener('party', ({ detail }) => { told.push(detail.name) })
    await parties.create({ name: 'Book club' })
    expect(devicesOf(alice)).toEqual([{ peerId: alice.peerId.toString(), name: '', self: true, online: true, missing: [] }])
    const before = await logsIn(datastore)
    await parties.person.setDeviceName('Phone')
    expect(await logsIn(datastore)).toBe(before + 1)
    expect(devicesOf(alice)).toMatchObject([{ name: 'Phone', self: true, missing: [] }])
    expect((await parties.list()).map(({ name }) => name)).toEqual(['Book club'])
    expect(told).toEqual(['Book club'])

    const again = await network.restart(alice)
    expect((await again.services.parties.list()).map(({ name }) => name)).toEqual(['Book club'])
    expect(devicesOf(again)).toMatchObject([{ name: 'Phone', self: true }])
  })

  it('has a home before its words are wiped, and keeps it', async () => {
    const datastore = new MemoryDatastore()
    const alice = await network.node({ datastore })
    const { recovery } = alice.services.parties.person
    await alice.services.parties.list()
    const words = await recovery.words()
    const [one, other] = recovery.asked!
    await recovery.confirm([words[one - 1]!, words[other - 1]!])
    expect(await logsIn(datastore)).toBe(1)
    const again = await network.restart(alice)
    await again.services.parties.person.setDeviceName('Phone')
    expect(devicesOf(again)).toMatchObject([{ name: 'Phone', self: true }])
    await expect(again.services.parties.person.recovery.words()).rejects.toMatchObject({ name: 'WordsConfirmedError' })
  })

  it('on a full disk makes its home later, whenever the disk fails', async () => {
    for (const [good, fault] of [0, 1, 2, 3, 4, 5].flatMap(good => [[good, 'none'], [good, 'partly']] as const)) {
      const disk = new Disk()
      const alice = await network.node({ datastore: new DiskDatastore(disk) })
      await alice.services.parties.create({ name: 'Book club' })
      disk.faults = [...Array<undefined>(good).fill(undefined), fault]
      await alice.services.parties.person.setDeviceName('Phone').catch(() => {})
      disk.faults = []
      await alice.services.parties.person.setDeviceName('Phone')
      const again = await network.restart(alice)
      await again.services.parties.list()
      expect(devicesOf(again)).toMatchObject([{ name: 'Phone', self: true, missing: [] }])
      expect(again.services.parties.damaged).toEqual([])
      await again.stop()
    }
  })
})

describe('a laptop that was linked', () => {
  it('is in all three parties, and can invite there at once', async () => {
    const { phone, laptop, parties } = await linked()

    for (const { key } of parties) {
      const party = await laptop.services.parties.open(key)
      expect(party.role).toBe('owner')
      const bob = await network.node()
      const joined = await join(party, bob)
      await vi.waitFor(() => { expect(joined.members).toHaveLength(2) })
    }

    await laptop.services.parties.person.setDeviceName('Laptop')
    await vi.waitFor(() => { expect(devicesOf(phone)).toMatchObject([{ self: true, online: true }, { peerId: laptop.peerId.toString(), name: 'Laptop', self: false, online: true, missing: [] }]) })
    expect(devicesOf(laptop)).toMatchObject([{ self: true }, { peerId: phone.peerId.toString(), missing: [] }])
    // the phone by the words, the laptop by the phone
    expect(phone.services.parties.person.devices.map(({ addedBy }) => addedBy?.toString())).toEqual([undefined, phone.peerId.toString()])
  })

  it('keeps what it came into, while its disk is slow', async () => {
    const datastore = new SlowStore(3)
    const { laptop, parties } = await linked(datastore)
    await laptop.services.parties.person.setDeviceName('Laptop')

    for (const { key } of parties) {
      await (await laptop.services.parties.open(key)).invite()
    }

    const again = await network.restart(laptop)
    expect(await again.services.parties.list()).toHaveLength(3)
    expect(again.services.parties.damaged).toEqual([])
  })

  it('comes into a party whose log it has begun, though its disk could not be read just then: without a restart', async () => {
    const clock = new FakeClock()
    const datastore = new BadStore()
    const { phone: one, laptop: other } = await stores(undefined, datastore)
    const phone = await network.node(one)
    const { key } = await phone.services.parties.create({ name: 'Book club' })
    const laptop = await network.node({ ...other, clock })
    await laptop.services.parties.list()
    datastore.unreadable = '/plus-one/name'
    const { promise: failed, resolve } = Promise.withResolvers<undefined>()
    datastore.onFailedRead = () => {
      datastore.unreadable = undefined
      resolve(undefined)
    }
    await laptop.dial(phone.getMultiaddrs())
    await failed
    await vi.waitFor(async () => {
      clock.advance(1_000)
      expect((await laptop.services.parties.list()).map(party => party.key)).toEqual([key])
    })
  })

  it('by two codes at once is linked still after a restart, though it made a home of its own meanwhile', async () => {
    const [phone, laptop] = [await network.node(), await network.node({ datastore: new SlowStore(3) })]
    const codes = [await phone.services.parties.person.invite(), await phone.services.parties.person.invite()]
    const redeemed = codes.map(async ({ code, pin }) => laptop.services.parties.redeem(code).setPin(pin))
    await Promise.all([...redeemed, laptop.services.parties.person.setDeviceName('Laptop')])
    const again = await network.restart(laptop)
    const later = await phone.services.parties.create({ name: 'Chess' })
    await vi.waitFor(async () => { expect((await again.services.parties.list()).map(({ key }) => key)).toEqual([later.key]) })
    expect(again.services.parties.person.devices).toHaveLength(2)
    expect(again.services.parties.damaged).toEqual([])
  })

  it('a party that is founded later has both, whoever founds it; and both are there after a restart', async () => {
    const { phone, laptop } = await linked()
    const hers = await laptop.services.parties.create({ name: 'Hiking' })
    await vi.waitFor(async () => { expect((await phone.services.parties.list()).map(({ key }) => key)).toContain(hers.key) })
    const again = await network.restart(phone)
    expect(await again.services.parties.list()).toHaveLength(4)
    const later = await again.services.parties.create({ name: 'Chess' })
    await vi.waitFor(async () => { expect((await laptop.services.parties.list()).map(({ key }) => key)).toContain(later.key) })
  })

  it('lost, is unlinked from the phone, and refused by a member everywhere within one sync', async () => {
    const { phone, laptop, words, parties: [party] } = await linked()
    const bob = await network.node()
    const joined = await join(party!, bob)
    const hers = await laptop.services.parties.create({ name: 'Hiking' })
    await vi.waitFor(async () => { expect((await phone.services.parties.list()).map(({ key }) => key)).toContain(hers.key) })
    await vi.waitFor(() => { expect(joined.roleOf(laptop.peerId)).toBe('owner') })

    const tried = await phone.services.parties.person.tryUnlink(laptop.peerId)
    expect(tried).toMatchObject({ voided: [] })
    expect(tried.parties.map(({ name }) => name).sort()).toEqual(['Book club', 'Choir', 'Family'])
    expect(tried.needsWords.map(({ name }) => name)).toEqual(['Hiking'])
    const refused: string[] = []
    laptop.services.parties.addEventListener('refused', ({ detail }) => { refused.push(detail.party.name) })
    await phone.services.parties.person.unlink(laptop.peerId)
    await vi.waitFor(() => { expect(joined.roleOf(laptop.peerId)).toBeUndefined() })
    await vi.waitFor(async () => { expect((await laptop.services.parties.open(party!.key)).role).toBeUndefined() })

    const byWords = await phone.services.parties.person.unlink(laptop.peerId, { words })
    expect(byWords.parties.map(({ name }) => name)).toEqual(['Hiking'])
    expect(devicesOf(phone)).toHaveLength(1)
    // who was told that the disk was full asks again
    expect(await phone.services.parties.person.unlink(laptop.peerId)).toEqual({ parties: [], needsWords: [], voided: [] })
    await vi.waitFor(async () => { expect((await laptop.services.parties.open(hers.key)).role).toBeUndefined() })
    await expect((await laptop.services.parties.open(hers.key)).invite()).rejects.toMatchObject({ name: 'NotPermittedError' })
  })

  it('the phone is stolen: the words, typed on the laptop, unlink it in all parties', async () => {
    const { phone, laptop, words, parties } = await linked()
    await expect(laptop.services.parties.person.unlink(phone.peerId)).rejects.toMatchObject({ name: 'NotPermittedError' })
    await laptop.services.parties.person.unlink(phone.peerId, { words })

    for (const { key } of parties) {
      expect((await laptop.services.parties.open(key)).roleOf(phone.peerId)).toBeUndefined()
    }

    await vi.waitFor(() => { expect(parties.map(({ role }) => role)).toEqual([undefined, undefined, undefined]) })
  })

  it('killed while it comes into the parties, and started again, it goes on, and nothing forks', async () => {
    const { phone: one, laptop: other } = await stores()
    let phone = await network.node(one)
    const keys = await Promise.all(['Book club', 'Family', 'Choir'].map(async name => (await phone.services.parties.create({ name })).key))
    let laptop = await network.node(other)
    const forks: string[] = []
    const watch = (node: TestNode): void => { node.services.parties.addEventListener('fork', ({ detail: { party } }) => { forks.push(party.name) }) }

    for (let messages = 3; messages < 60; messages += 8) {
      let left = messages
      let over = (): void => {}
      const killed = new Promise<void>((resolve) => { over = resolve })
      const end = network.meddle(() => {
        if (--left === 0) {
          network.kill(messages % 16 === 3 ? laptop : phone)
          over()
        }

        return undefined
      })
      await laptop.dial(phone.getMultiaddrs()).catch(() => {})
      await Promise.race([killed, vi.waitFor(async () => { expect(await laptop.services.parties.list()).toHaveLength(3) })]).catch(() => {})
      end()
      phone = await network.restart(phone)
      laptop = await network.restart(laptop)
      watch(phone)
      watch(laptop)
      await Promise.all([phone, laptop].map(async node => node.services.parties.list()))
    }

    await laptop.dial(phone.getMultiaddrs())
    await vi.waitFor(async () => { expect((await laptop.services.parties.list()).map(({ key }) => key).sort()).toEqual([...keys].sort()) })
    await vi.waitFor(() => { expect(devicesOf(phone).map(({ missing }) => missing)).toEqual([[], []]) })
    expect(forks).toEqual([])
  })
})

/** How many logs are stored. */
async function logsIn (datastore: MemoryDatastore): Promise<number> {
  const keys = new Set<string>()

  for await (const key of datastore.queryKeys({ prefix: '/plus-one/log/' })) {
    keys.add(key.namespaces()[2] ?? '')
  }

  return keys.size
}
