import { MemoryDatastore } from 'datastore-core'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createNetwork } from '../../src/testing/index.js'
import { connect, join, rolesOf, story } from '../helpers/parties.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { TestNode } from '../../src/testing/index.js'
import type { Batch } from 'interface-datastore'
import type { Story } from '../helpers/parties.js'

let told: Story

afterEach(async () => told.network.stop())

async function restart (node: TestNode): Promise<void> {
  await node.stop()
  await node.start()
}

/** A store whose next batch waits, once it is asked to. */
class SlowStore extends MemoryDatastore {
  #gate: { reached: PromiseWithResolvers<void>, opened: PromiseWithResolvers<void> } | undefined

  /** @returns What resolves when a batch of a log waits, and what lets it go on */
  hold (): { reached: Promise<void>, open: () => void } {
    const gate = { reached: Promise.withResolvers<void>(), opened: Promise.withResolvers<void>() }
    this.#gate = gate

    return { reached: gate.reached.promise, open: gate.opened.resolve }
  }

  override batch (): Batch {
    const batch = super.batch()
    let isLog = false

    return {
      put: (key, value) => {
        isLog ||= key.toString().startsWith('/plus-one/log/')
        batch.put(key, value)
      },
      delete: (key) => { batch.delete(key) },
      commit: async (options) => {
        const gate = isLog ? this.#gate : undefined
        this.#gate = isLog ? undefined : this.#gate
        gate?.reached.resolve()
        await gate?.opened.promise
        await batch.commit(options)
      }
    }
  }
}

describe('Alice\'s node is stopped and started again', () => {
  it('her party is the same object, live: what it writes reaches Bob, and nothing forks', async () => {
    told = await story()
    const { alice, bob, party } = told
    const bobs = await join(party, bob, 'writer')
    const forked = vi.fn()
    const added = vi.fn()
    bob.services.parties.addEventListener('fork', forked)
    alice.services.parties.addEventListener('party', added)

    for (const role of ['admin', 'reader'] as const) {
      await restart(alice)
      expect(await alice.services.parties.open(party.key)).toBe(party)
      await connect(bob, alice)
      await party.setRole(bob.peerId, role)
      expect(rolesOf(party)[bob.peerId.toString()]).toBe(role)
      const { id } = await party.invite()
      await vi.waitFor(() => {
        expect(bobs.role).toBe(role)
        expect(bobs.log.get(id)).toBeDefined()
      })
    }

    expect(forked).not.toHaveBeenCalled()
    // she has it already
    expect(added).not.toHaveBeenCalled()
  })

  it('its listeners hear of what comes after that, each once', async () => {
    told = await story()
    const { alice, bob, party } = told
    const bobs = await join(party, bob, 'admin')
    const removed = vi.fn()
    const ended = vi.fn()
    alice.services.parties.addEventListener('removed', removed)
    alice.services.parties.addEventListener('invitation:end', ({ detail: { item } }) => { ended(item.status) })
    await restart(alice)
    await restart(alice)
    const changed = vi.fn()
    party.subscribe(changed)
    await connect(bob, alice)
    const { id } = await bobs.invite()
    await vi.waitFor(() => { expect((party as LocalParty).log.get(id)).toBeDefined() })
    await party.revoke(id)
    await vi.waitFor(() => { expect(ended.mock.calls).toEqual([['revoked']]) })
    expect(changed).toHaveBeenCalled()
    await bobs.setRole(bob.peerId, 'reader').catch(() => {})
    await party.leave({ insist: true })
    expect(removed).toHaveBeenCalledOnce()
  })

  it('an open invitation is served again, and listed as before', async () => {
    told = await story()
    const { network, alice, party } = told
    const { id, code, pin } = await party.invite()
    await restart(alice)
    await restart(alice)
    await alice.services.parties.list()
    expect(party.invitations.list().items.map(({ id, status }) => [id, status])).toEqual([[id, 'pending']])
    expect(party.invitations.getSnapshot()).toHaveLength(1)
    const carol = await network.node()
    await expect(carol.services.parties.redeem(code).setPin(pin)).resolves.toMatchObject({ key: party.key })
    await vi.waitFor(() => { expect(party.invitations.get(id)?.status).toBe('used') })
  })
})

describe('An invitation that Alice\'s app held through a stop and the next start', () => {
  it('can be taken back: nobody is admitted by it then, and her log is no other\'s', async () => {
    told = await story()
    const { network, alice, party } = told
    const held = await party.invite()
    const { id, code, pin } = held
    await alice.stop()
    await expect(held.cancel()).rejects.toMatchObject({ name: 'NotStartedError' })
    await alice.start()
    await alice.services.parties.list()
    await held.cancel()
    await vi.waitFor(() => { expect(party.invitations.get(id)?.status).toBe('revoked') })
    const carol = await network.node()
    await expect(carol.services.parties.redeem(code).setPin(pin)).rejects.toMatchObject({ name: 'InvitationRevokedError' })
    expect((party as LocalParty).log.forks().size).toBe(0)
  })
})

describe.runIf(globalThis.navigator?.locks != null)('Alice has two tabs', () => {
  it('the party of the one that comes second shows what it knew, says so, and is live when the other goes', async () => {
    const network = createNetwork()
    const disk = { datastore: new MemoryDatastore(), privateKey: await generateKeyPair('Ed25519') }
    const first = await network.node(disk)
    const party = await first.services.parties.create({ name: 'Book club' })
    const bob = await network.node()
    told = { network, alice: first, bob, party }
    const bobs = await join(party, bob, 'writer')
    await first.stop()
    const second = await network.node(disk)
    await first.start()

    expect(rolesOf(party)).toEqual(rolesOf(bobs))
    await expect(party.setRole(bob.peerId, 'admin')).rejects.toMatchObject({ name: 'StorageError', message: expect.stringContaining('Another tab') as string })
    await (await second.services.parties.open(party.key)).setRole(bob.peerId, 'admin')
    await second.stop()
    await vi.waitFor(async () => { expect(await first.services.parties.open(party.key)).toBe(party) })
    expect(party.roleOf(bob.peerId)).toBe('admin')
    await connect(bob, first)
    await party.setRole(bob.peerId, 'reader')
    await vi.waitFor(() => { expect(bobs.role).toBe('reader') })
    expect(bobs.log.forks().size).toBe(0)
  })
})

describe('While Alice\'s node is stopped', () => {
  it('her party shows what it last knew, and says that it does nothing else', async () => {
    told = await story()
    const { alice, bob, party } = told
    await join(party, bob, 'writer')
    const roles = rolesOf(party)
    const size = (party as LocalParty).log.size
    await alice.stop()
    expect(rolesOf(party)).toEqual(roles)
    expect(party.invitations.list().items).toHaveLength(1)

    const stopped = { name: 'NotStartedError', code: 'ERR_NOT_STARTED' }
    await expect(party.setRole(bob.peerId, 'admin')).rejects.toMatchObject(stopped)
    await expect(party.remove(bob.peerId)).rejects.toMatchObject(stopped)
    await expect(party.invite()).rejects.toMatchObject(stopped)
    await expect(party.leave({ insist: true })).rejects.toMatchObject(stopped)
    await expect(party.revoke('00'.repeat(32))).rejects.toMatchObject(stopped)
    await expect(party.readopt('00'.repeat(32))).rejects.toMatchObject(stopped)
    await expect(alice.services.parties.list()).rejects.toMatchObject(stopped)
    expect((party as LocalParty).log.size).toBe(size)
  })

  it('what she was writing is written, or was refused: never one without the other', async () => {
    told = await story()
    const { alice, party } = told
    const writing = Array.from({ length: 8 }, async () => party.invite())
    // one of them is being written
    await vi.waitFor(() => { expect((party as LocalParty).log.size).toBeGreaterThan(1) })
    await alice.stop()
    const settled = await Promise.allSettled(writing)
    await alice.start()

    const written = settled.flatMap(result => result.status === 'fulfilled' ? [result.value.id] : [])
    expect(party.invitations.list().items.map(({ id }) => id).sort()).toEqual(written.sort())
    settled.forEach(result => { if (result.status === 'rejected') { expect(result.reason).toMatchObject({ name: 'NotStartedError' }) } })
    await party.invite()
    expect((party as LocalParty).log.forks().size).toBe(0)
  })

  it('the stop waits for an op that is on its way to the disk, and nothing comes behind it', async () => {
    const datastore = new SlowStore()
    told = await story({ datastore })
    const { alice, bob, party } = told
    const bobs = await join(party, bob, 'writer')
    const { reached, open } = datastore.hold()
    const changing = party.setRole(bob.peerId, 'admin')
    await reached
    // it begins when all other services were asked to stop
    const stopping = alice.stop()
    await vi.waitFor(async () => { await expect(alice.services.parties.list()).rejects.toMatchObject({ name: 'NotStartedError' }) })
    await expect(party.setRole(bob.peerId, 'reader')).rejects.toMatchObject({ name: 'NotStartedError' })
    open()
    await expect(changing).resolves.toEqual({ voided: [] })
    await stopping
    await expect((party as LocalParty).log.append('LEAVE', {})).rejects.toMatchObject({ name: 'NotStartedError' })

    await alice.start()
    expect((await alice.services.parties.open(party.key)).roleOf(bob.peerId)).toBe('admin')
    await connect(bob, alice)
    await vi.waitFor(() => { expect(bobs.role).toBe('admin') })
  })

  it('Bob\'s admission is on its way to his disk: after the start his party is there, once, and live', async () => {
    const datastore = new SlowStore()
    const network = createNetwork()
    const [alice, bob] = await Promise.all([network.node(), network.node({ datastore })])
    const party = await alice.services.parties.create({ name: 'Book club' })
    told = { network, alice, bob, party }
    const { code, pin } = await party.invite({ role: 'admin' })
    const redemption = bob.services.parties.redeem(code)
    await redemption.ready()
    const { reached, open } = datastore.hold()
    const redeeming = redemption.setPin(pin).catch((err: unknown) => err)
    await reached
    const stopping = bob.stop()
    open()
    await stopping
    await redeeming

    await bob.start()
    const [bobs, ...more] = await bob.services.parties.list() as LocalParty[]
    expect(more).toEqual([])
    expect(bobs?.key).toBe(party.key)
    await connect(bob, alice)
    await vi.waitFor(() => { expect(bobs?.synced).toBeDefined() })
    const { id } = await bobs!.invite()
    await vi.waitFor(() => { expect((party as LocalParty).log.get(id)).toBeDefined() })
  })

  it('Bob joined in that very moment: after the start his party is there, and live', async () => {
    told = await story()
    const { alice, bob, party } = told
    const { code, pin } = await party.invite({ role: 'admin' })
    const stopping = Promise.withResolvers<void>()
    // the Grant is here, and being stored
    bob.services.parties.addEventListener('party', () => { Promise.resolve(bob.stop()).then(stopping.resolve, stopping.reject) }, { once: true })
    await bob.services.parties.redeem(code).setPin(pin).catch(() => {})
    await stopping.promise
    await bob.start()
    const [bobs] = await bob.services.parties.list()
    expect(bobs?.key).toBe(party.key)
    await connect(bob, alice)
    await vi.waitFor(() => { expect((bobs as LocalParty).log.synced).toBe(true) })
    const { id } = await bobs!.invite()
    await vi.waitFor(() => { expect((party as LocalParty).log.get(id)).toBeDefined() })
  })

  it('another node of hers wrote: she goes on from there', async () => {
    const network = createNetwork({ meet: false })
    const disk = { datastore: new MemoryDatastore(), privateKey: await generateKeyPair('Ed25519') }
    const alice = await network.node(disk)
    const party = await alice.services.parties.create({ name: 'Book club' })
    const bob = await network.node()
    told = { network, alice, bob, party }
    const bobs = await join(party, bob, 'writer')
    await alice.stop()

    const elsewhere = await network.node(disk)
    const there = await elsewhere.services.parties.open(party.key)
    await connect(bob, elsewhere)
    await there.setRole(bob.peerId, 'admin')
    await vi.waitFor(() => { expect(bobs.role).toBe('admin') })
    const choir = await elsewhere.services.parties.create({ name: 'Choir' })
    await elsewhere.stop()

    await alice.start()
    expect((await alice.services.parties.list()).map(({ key }) => key).sort()).toEqual([party.key, choir.key].sort())
    expect(rolesOf(party)[bob.peerId.toString()]).toBe('admin')
    await party.setRole(bob.peerId, 'reader')
    expect((party as LocalParty).log.forks().size).toBe(0)
    await connect(bob, alice)
    await vi.waitFor(() => { expect(bobs.role).toBe('reader') })
  })
})
