import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import { callbacks, rolesOf, wrongPin } from '../helpers/parties.js'
import type { Invitation } from '../../src/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Key } from 'interface-datastore'
import type { NodeInit } from '../../src/testing/index.js'

let network = createNetwork()

afterEach(async () => {
  await network.stop()
  network = createNetwork()
})

/** Alice on a disk that outlives her node; a new address each time, as after a reboot. */
async function aliceOn (init: NodeInit = {}) {
  const disk = { datastore: new MemoryDatastore(), privateKey: await generateKeyPair('Ed25519'), ...init }
  const boot = async () => network.node(disk)

  return { boot }
}

describe('Alice\'s node restarts', () => {
  it('her party and its members are there again', async () => {
    const { boot } = await aliceOn()
    const first = await boot()
    const party = await first.services.parties.create({ name: 'Book club', kind: 'community' })
    const bob = await network.node()
    const invitation = await party.invite({ uses: 1 })
    await bob.services.parties.redeem(invitation.code).setPin(invitation.pin)
    const roles = rolesOf(party)
    await first.stop()

    const again = await (await boot()).services.parties.open(party.key)
    expect(again).toMatchObject({ name: 'Book club', kind: 'community' })
    expect(rolesOf(again)).toEqual(roles)
    expect(again.invitations.getSnapshot().map(({ status }) => status)).toEqual(['used'])
  })

  it('a pending invitation is served again, with its PIN, and attempts as they were', async () => {
    const { boot } = await aliceOn()
    const first = await boot()
    const party = await first.services.parties.create({ name: 'Book club' })
    const invitation = await party.invite()
    const bob = await network.node()
    await expect(bob.services.parties.redeem(invitation.code).setPin(wrongPin(invitation))).rejects.toMatchObject({ attemptsLeft: 2 })
    const { code, pin } = invitation
    await first.stop()
    await expect(bob.services.parties.lookup(code, { signal: AbortSignal.timeout(300) })).rejects.toThrow()

    const second = await boot()
    const again = (await second.services.parties.open(party.key)).invitations.get(invitation.id) as Invitation
    expect(again.getSnapshot()).toMatchObject({ status: 'pending', attemptsLeft: 2 })
    expect(again.pin).toBe(pin)

    const mine = callbacks()
    again.on(mine)
    await bob.dial(second.getMultiaddrs())
    await expect(bob.services.parties.redeem(code).setPin(pin)).resolves.toMatchObject({ key: party.key })
    await vi.waitFor(() => { expect(mine.ends()).toEqual(['onDone']) })
  })

  it('what expired while it was down has expired', async () => {
    const clock = new FakeClock()
    const { boot } = await aliceOn({ clock })
    const first = await boot()
    const party = await first.services.parties.create({ name: 'Book club' })
    const { id } = await party.invite({ expiration: clock.now() + 60_000 })
    const later = await party.invite({ expiration: clock.now() + 600_000 })
    await first.stop()
    clock.advance(60_000)

    const again = (await (await boot()).services.parties.open(party.key)).invitations
    expect(again.get(id)?.status).toBe('expired')
    expect(again.get(later.id)?.status).toBe('pending')

    const mine = callbacks()
    again.get(id)?.on(mine)
    expect(mine.ends()).toEqual(['onExpiration'])
    clock.advance(540_000)
    await vi.waitFor(() => { expect(again.get(later.id)?.status).toBe('expired') })
  })

  it('killed between the durable count and the verdict: the attempt stays spent, and no guess is given away', async () => {
    const datastore = new MemoryDatastore()
    const privateKey = await generateKeyPair('Ed25519')
    const first = await network.node({ datastore, privateKey })
    const party = await first.services.parties.create({ name: 'Book club' })
    const invitation = await party.invite()
    const { code, pin, id } = invitation
    const bob = await network.node()
    // the disk as a kill at this moment would leave it
    let left: Array<{ key: Key, value: Uint8Array }> = []
    const unsubscribe = invitation.subscribe(() => {
      if (invitation.getSnapshot().attemptsLeft === 2) {
        unsubscribe()
        left = [...datastore._all({}) as Iterable<{ key: Key, value: Uint8Array }>]
      }
    })
    await bob.services.parties.redeem(code).setPin(pin)
    await first.stop()
    const disk = new MemoryDatastore()
    await Promise.all(left.map(async ({ key, value }) => disk.put(key, value)))

    const second = await network.node({ datastore: disk, privateKey })
    const again = (await second.services.parties.open(party.key)).invitations.get(id)
    expect(again?.getSnapshot()).toMatchObject({ status: 'pending', attemptsLeft: 2, usedBy: [] })
  })
})

describe('Bob\'s node restarts', () => {
  it('it is still a member', async () => {
    const alice = await network.node()
    const { boot } = await aliceOn()
    const bob = await boot()
    const invitation = await (await alice.services.parties.create({ name: 'Book club' })).invite()
    const party = await bob.services.parties.redeem(invitation.code).setPin(invitation.pin)
    const roles = rolesOf(party)
    await bob.stop()

    const again = await (await boot()).services.parties.list()
    expect(again.map(({ name }) => name)).toEqual(['Book club'])
    expect(again.map(rolesOf)).toEqual([roles])
  })

  it('admitted, but killed before he stored it: he knocks again, and is given the same op without a PIN', async () => {
    const alice = await network.node()
    const privateKey = await generateKeyPair('Ed25519')
    const party = await alice.services.parties.create({ name: 'Book club' })
    const invitation = await party.invite()
    const bob = await network.node({ privateKey })
    await bob.services.parties.redeem(invitation.code).setPin(invitation.pin)
    await bob.stop()

    const forgetful = await network.node({ privateKey })
    const redemption = forgetful.services.parties.redeem(invitation.code)
    await expect(redemption.ready()).resolves.toBeUndefined()
    expect(redemption.state).toBe('admitted')
    expect(party.members).toHaveLength(2)
    expect(rolesOf(redemption.getSnapshot().party!)).toEqual(rolesOf(party))
  })
})

describe('Alice\'s store comes back older than she is', () => {
  it('she learns her own newest op from Bob before she writes: her chain is not forked', async () => {
    const old = new MemoryDatastore()
    const datastore = new MemoryDatastore()
    const privateKey = await generateKeyPair('Ed25519')
    const first = await network.node({ datastore, privateKey })
    const party = await first.services.parties.create({ name: 'Book club' })
    const toBob = await party.invite({ role: 'admin' })
    const bob = await network.node()
    const bobs = await bob.services.parties.redeem(toBob.code).setPin(toBob.pin)
    // the backup
    for (const { key, value } of [...datastore._all({}) as Iterable<{ key: Key, value: Uint8Array }>]) {
      await old.put(key, value)
    }
    const { id } = await party.invite()
    await vi.waitFor(() => { expect((bobs as LocalParty).log.get(id)).toBeDefined() })
    await first.stop()

    const forked = vi.fn()
    bob.services.parties.addEventListener('fork', forked)
    const restored = await network.node({ datastore: old, privateKey, meet: false })
    const again = await restored.services.parties.open(party.key) as LocalParty
    expect(again.log.get(id)).toBeUndefined()
    await bob.dial(restored.getMultiaddrs())
    await vi.waitFor(() => { expect(restored.getConnections()).not.toEqual([]) })
    const next = await again.invite()
    expect(again.log.get(id)).toBeDefined()
    await vi.waitFor(() => { expect((bobs as LocalParty).log.get(next.id)).toBeDefined() })
    expect(forked).not.toHaveBeenCalled()
  })
})

describe.runIf(globalThis.navigator?.locks != null)('Two tabs of one profile', () => {
  it('one writes; the other says so, and goes on when the first is closed', async () => {
    const disk = { datastore: new MemoryDatastore(), privateKey: await generateKeyPair('Ed25519') }
    const first = await network.node(disk)
    const party = await first.services.parties.create({ name: 'Book club' })
    const second = await network.node(disk)

    await expect(second.services.parties.list()).rejects.toMatchObject({ name: 'StorageError', message: expect.stringContaining('Another tab') as string })
    await expect(second.services.parties.create({ name: 'Other' })).rejects.toMatchObject({ name: 'StorageError' })
    await first.stop()
    await vi.waitFor(async () => { expect((await second.services.parties.list()).map(({ key }) => key)).toEqual([party.key]) })
  })
})
