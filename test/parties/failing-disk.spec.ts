import fc from 'fast-check'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createNetwork, FailingStore, FakeClock } from '../../src/testing/index.js'
import { Disk, DiskDatastore } from '../helpers/disk.js'
import { rolesOf, wrongPin } from '../helpers/parties.js'
import { BadStore } from '../helpers/stores.js'
import type { NodeInit } from '../../src/testing/index.js'
import type { Fault } from '../helpers/disk.js'

let network = createNetwork()

afterEach(async () => {
  await network.stop()
  network = createNetwork()
})

async function aliceOn (disk: Disk, init: NodeInit = {}) {
  const privateKey = await generateKeyPair('Ed25519')

  return async () => network.node({ ...init, datastore: new DiskDatastore(disk), privateKey })
}

/** Until this is done: time passes for what waits. */
async function done (work: Promise<void>, clock: FakeClock): Promise<void> {
  let isDone = false
  work.finally(() => { isDone = true }).catch(() => {})

  while (!isDone) {
    await new Promise((resolve) => { setTimeout(resolve, 5) })
    clock.advance(100)
  }

  await work
}

describe('Alice\'s disk is full for a moment', () => {
  it('what she is told afterwards is there after a restart, and no attempt comes back', async () => {
    const disk = new Disk()
    const boot = await aliceOn(disk)
    const first = await boot()
    const party = await first.services.parties.create({ name: 'Book club' })
    const invitation = await party.invite()
    const bob = await network.node()
    disk.faults = ['torn']
    await expect(bob.services.parties.redeem(invitation.code).setPin(wrongPin(invitation))).rejects.toMatchObject({ name: 'WrongPinError', attemptsLeft: 2 })

    await expect((await network.node()).services.parties.redeem(invitation.code).setPin(wrongPin(invitation))).rejects.toMatchObject({ name: 'WrongPinError', attemptsLeft: 1 })
    const { id } = await party.invite()
    await first.stop()

    const again = await (await boot()).services.parties.open(party.key)
    expect(again.invitations.get(invitation.id)?.getSnapshot()).toMatchObject({ attemptsLeft: 1 })
    expect(again.invitations.get(id)?.getSnapshot()).toMatchObject({ status: 'pending' })
  })

  it('whatever fails, and whenever she restarts: no more than 3 guesses are judged', async () => {
    const faults = fc.array(fc.constantFrom<Fault | undefined>(undefined, undefined, 'none', 'partly', 'after', 'torn', 'silent'), { maxLength: 4 })

    await fc.assert(fc.asyncProperty(fc.array(fc.record({ faults, restart: fc.boolean() }), { minLength: 6, maxLength: 10 }), async (steps) => {
      const disk = new Disk()
      const clock = new FakeClock()
      const boot = await aliceOn(disk, { clock })
      let alice = await boot()
      const party = await alice.services.parties.create({ name: 'Book club' })
      const invitation = await party.invite()
      let judged = 0

      for (const { faults, restart } of steps) {
        if (restart) {
          await alice.stop()
          alice = await boot()
        }

        disk.faults = [...faults]
        const eve = await network.node({ clock, connectTimeout: 2_000 })
        await eve.dial(alice.getMultiaddrs())
        await done(eve.services.parties.redeem(invitation.code).setPin(wrongPin(invitation)).then(() => {}, (err: Error) => {
          judged += err.name === 'WrongPinError' ? 1 : 0
        }), clock)
        disk.faults = []
        await eve.stop()
        // the one that locked it is told so
        expect(judged).toBeLessThanOrEqual(2)
      }
    }), { numRuns: 8 })
  })
})

describe('Alice makes a party', () => {
  it('whose log is written, and her disk cannot be read just then: it is listed, and still after a restart', async () => {
    const datastore = new BadStore()
    const alice = await network.node({ datastore })
    await alice.services.parties.list()
    datastore.unreadable = '/plus-one/name'
    const party = await alice.services.parties.create({ name: 'Book club' })
    expect(await alice.services.parties.list()).toEqual([party])
    datastore.unreadable = undefined
    expect((await (await network.restart(alice)).services.parties.list()).map(({ key }) => key)).toEqual([party.key])
  })

  it('and calls it off while it is written: told at once, and the party is listed without a restart', async () => {
    const datastore = new BadStore()
    const alice = await network.node({ datastore })
    await alice.services.parties.list()
    const stop = new AbortController()
    datastore.onWrite = () => { stop.abort(new Error('Alice has changed her mind')) }
    await expect(alice.services.parties.create({ name: 'Book club' }, { signal: stop.signal })).rejects.toThrow('changed her mind')
    await vi.waitFor(async () => { expect((await alice.services.parties.list()).map(({ name }) => name)).toEqual(['Book club']) })
  })
})

describe('Alice\'s node starts, and its disk is full', () => {
  it('her parties are there as soon as there is room: without another start', async () => {
    const disk = new Disk()
    const privateKey = await generateKeyPair('Ed25519')
    const first = await network.node({ datastore: new DiskDatastore(disk), privateKey })
    const club = await first.services.parties.create({ name: 'Book club' })
    const family = await first.services.parties.create({ name: 'Family' })
    const invitation = await family.invite()
    await club.invite()
    await first.stop()
    // what is damaged is set aside, which is a write
    const [key = '', record = new Uint8Array()] = [...disk.content].find(([key]) => key.startsWith(`/plus-one/invitation/${club.key}`)) ?? []
    disk.content.set(key, record.map((byte, i) => i === 40 ? byte ^ 1 : byte))

    const store = new FailingStore(new DiskDatastore(disk))
    store.fail({ below: '/plus-one' })
    const second = await network.node({ datastore: store, privateKey })
    await expect(second.services.parties.list()).rejects.toMatchObject({ name: 'StorageError' })

    store.recover()
    const [one, two] = await Promise.all([second.services.parties.list(), second.services.parties.list()])
    expect(one.map(({ name }) => name).sort()).toEqual(['Book club', 'Family'])
    expect(two).toEqual(one)
    expect(second.services.parties.damaged.map(error => error.key)).toEqual([key])
    const bob = await network.node()
    await bob.dial(second.getMultiaddrs())
    await bob.services.parties.redeem(invitation.code).setPin(invitation.pin)
    expect((await second.services.parties.open(family.key)).members).toHaveLength(2)
  })
})

describe('One record on Alice\'s disk is damaged', () => {
  it('her other parties are as before; the one is named, and whole again once Bob is there', async () => {
    const disk = new Disk()
    const boot = await aliceOn(disk)
    const first = await boot()
    const club = await first.services.parties.create({ name: 'Book club' })
    const family = await first.services.parties.create({ name: 'Family' })
    const bob = await network.node()
    const invitation = await club.invite({ role: 'admin' })
    const bobs = await bob.services.parties.redeem(invitation.code).setPin(invitation.pin)
    await vi.waitFor(() => { expect(bobs.synced).toBeDefined() })
    const roles = rolesOf(club)
    await first.stop()

    const key = `/plus-one/log/${club.key}/op/0000000001`
    const written = disk.content.get(key)!
    disk.content.set(key, written.map((byte, i) => i === 40 ? byte ^ 1 : byte))

    const second = await boot()
    expect((await second.services.parties.list()).map(({ name }) => name).sort()).toEqual(['Book club', 'Family'])
    expect(second.services.parties.damaged.map(error => [error.name, error.key])).toEqual([['DamagedRecordError', key]])
    await expect(second.services.parties.open(family.key)).resolves.toMatchObject({ name: 'Family' })
    await expect(second.services.parties.create({ name: 'Choir' })).resolves.toMatchObject({ name: 'Choir' })
    await expect((await second.services.parties.open(family.key)).invite()).resolves.toMatchObject({ status: 'pending' })

    const again = await second.services.parties.open(club.key)
    await bob.dial(second.getMultiaddrs())
    await vi.waitFor(() => { expect(rolesOf(again)).toEqual(roles) })
    expect(disk.content.get(key.replace('/plus-one', '/plus-one/damaged'))?.[40]).toBe(written[40]! ^ 1)
  })

  it.each(['invitation', 'profile', 'genesis'])('her %s: the party is listed, and she can invite', async (what) => {
    const disk = new Disk()
    const boot = await aliceOn(disk)
    const first = await boot()
    await first.services.parties.setProfile({ displayName: 'Alice' })
    const party = await first.services.parties.create({ name: 'Book club' })
    await party.invite()
    await first.stop()
    const [key, bytes] = [...disk.content].find(([name]) => name.includes(`/${what}`))!
    disk.content.set(key, bytes.map((byte, i) => i === 12 ? byte ^ 64 : byte))

    const second = await boot()
    const [again] = await second.services.parties.list()
    expect(again?.name).toBe('Book club')
    expect(second.services.parties.damaged.map(error => error.key)).toEqual([key])
    await expect(again!.invite()).resolves.toMatchObject({ status: 'pending' })
  })

  it('a store of a newer plus-one is refused, and not touched', async () => {
    const disk = new Disk()
    const boot = await aliceOn(disk)
    await (await boot()).stop()
    const other = new DiskDatastore(disk)
    const { writeBatch } = await import('../../src/storage/records.js')
    const { Key } = await import('interface-datastore')
    await writeBatch(other, (batch) => { batch.put(new Key('/plus-one/version'), Uint8Array.of(9)) })
    const before = new Map(disk.content)

    const second = await boot()
    await expect(second.services.parties.list()).rejects.toMatchObject({ name: 'StoreVersionError', version: 9 })
    await expect(second.services.parties.create({ name: 'Other' })).rejects.toMatchObject({ name: 'StoreVersionError' })
    expect(new Map([...disk.content].filter(([key]) => key.startsWith('/plus-one')))).toEqual(new Map([...before].filter(([key]) => key.startsWith('/plus-one'))))
  })
})
