import { MemoryDatastore } from 'datastore-core'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { FakeClock } from '../../src/testing/index.js'
import { connect, join, story, wrongPin } from '../helpers/parties.js'
import type { InvitationItem, InvitationStatus, Party } from '../../src/index.js'
import type { TestNode } from '../../src/testing/index.js'
import type { Story } from '../helpers/parties.js'

const HOUR = 3_600_000

let told: Story
let clock: FakeClock

afterEach(async () => told.network.stop())

interface Admins extends Story {
  carol: TestNode
  /** Somebody who holds codes. */
  dave: TestNode
  nodes: TestNode[]
  /** Alice's, Bob's and Carol's replica. */
  replicas: Party[]
  bobs: Party
  carols: Party
}

/** Alice owns the party; Bob and Carol are admins; Dave is nobody yet. Times are those of one clock. */
async function threeAdmins (): Promise<Admins> {
  clock = new FakeClock()
  told = await story({ clock })
  const { network, alice, bob, party } = told
  const [carol, dave] = await Promise.all([network.node({ clock }), network.node({ clock })])
  const bobs = await join(party, bob, 'admin')
  const carols = await join(party, carol, 'admin')
  await connect(bob, carol)
  const replicas = [party, bobs, carols]
  await vi.waitFor(() => { replicas.forEach(({ members }) => { expect(members).toHaveLength(3) }) })

  return { ...told, carol, dave, nodes: [alice, bob, carol], replicas, bobs, carols }
}

async function cutOff ({ nodes }: Admins): Promise<void> {
  await Promise.all(nodes.flatMap(one => nodes.filter(other => other !== one).map(async other => one.hangUp(other.peerId))))
}

async function heal ({ nodes: [alice, bob, carol] }: Admins): Promise<void> {
  await Promise.all([connect(alice!, bob!), connect(bob!, carol!), connect(carol!, alice!)])
}

/** A list as it can be compared between replicas: without what its inviter alone knows. */
function shared ({ invitations }: Party, status?: InvitationStatus): object[] {
  return invitations.list({ status }).items.map(({ code, attemptsLeft, label, createdBy, target, usedBy, revokedBy, reason, ...item }) => ({
    ...item,
    // what who declined it said was said to its inviter
    reason: item.status === 'declined' ? undefined : reason,
    createdBy: createdBy.toString(),
    target: target?.toString(),
    usedBy: usedBy.map(({ peerId, at }) => `${peerId.toString()} at ${at}`),
    revokedBy: revokedBy?.toString()
  }))
}

function item ({ invitations }: Party, id: string): InvitationItem | undefined {
  return invitations.list().items.find(item => item.id === id)
}

/** Waits until this invitation has this status everywhere. */
async function all (parties: Party[], { id }: { id: string }, status: InvitationStatus): Promise<void> {
  await vi.waitFor(() => { parties.forEach(party => { expect(item(party, id)?.status).toBe(status) }) })
}

/** What each node is told of ends from now on, as `status id`. */
function ends (nodes: TestNode[]): string[][] {
  return nodes.map(({ services }) => {
    const heard: string[] = []
    services.parties.addEventListener('invitation:end', ({ detail: { item: { status, id } } }) => { heard.push(`${status} ${id}`) })

    return heard
  })
}

describe('Three admins share a list', () => {
  it('each sees what the others issued, newest first, in one order; the code stays with who issued it', async () => {
    const { replicas, party, bobs, carols, bob } = await threeAdmins()
    clock.advance(1000)
    const one = await party.invite({ role: 'reader', expiration: clock.now() + HOUR })
    clock.advance(1000)
    const two = await bobs.invite({ uses: 7, to: undefined, expiration: 'never' })
    clock.advance(1000)
    const three = await carols.invite()

    await vi.waitFor(() => { replicas.forEach(({ invitations }) => { expect(invitations.list({ status: 'pending' }).items.map(({ id }) => id)).toEqual([three.id, two.id, one.id]) }) })
    expect(shared(bobs)).toEqual(shared(party))
    expect(shared(carols)).toEqual(shared(party))

    expect(item(bobs, two.id)).toMatchObject({ id: two.id, partyKey: party.key, kind: 'group', code: two.code, role: 'writer', createdBy: bob.peerId, createdAt: clock.now() - 1000, uses: 7, usedBy: [], status: 'pending', attemptsLeft: 3 })
    expect(Object.keys(item(carols, two.id) ?? {})).not.toContain('code')
    expect(Object.keys(item(carols, two.id) ?? {})).not.toContain('attemptsLeft')
    expect(item(carols, two.id)?.expiresAt).toBeUndefined()
    expect(item(carols, one.id)).toMatchObject({ role: 'reader', expiresAt: clock.now() - 2000 + HOUR })
  })

  it('who joined and when, all of them, is seen by each', async () => {
    const { network, replicas, bobs, dave } = await threeAdmins()
    const erin = await network.node({ clock })
    const invitation = await bobs.invite({ uses: 2 })
    const began = clock.now()

    clock.advance(5000)
    await dave.services.parties.redeem(invitation.code).setPin(invitation.pin)
    clock.advance(7000)
    await vi.waitFor(() => { replicas.forEach(party => { expect(item(party, invitation.id)).toMatchObject({ status: 'pending', usedBy: [{ peerId: dave.peerId, at: began + 5000 }], usedAt: began + 5000 }) }) })
    await erin.services.parties.redeem(invitation.code).setPin(invitation.pin)

    await all(replicas, invitation, 'used')
    replicas.forEach((party) => {
      expect(item(party, invitation.id)).toMatchObject({ usedBy: [{ peerId: dave.peerId, at: began + 5000 }, { peerId: erin.peerId, at: began + 12_000 }], usedAt: began + 12_000 })
      expect(item(party, invitation.id)?.code).toBeUndefined()
    })
  })

  it('one for a peer that is known shows whom it is for', async () => {
    const { replicas, carols, dave } = await threeAdmins()
    const { id } = await carols.invite({ to: dave.peerId })
    await vi.waitFor(() => { replicas.forEach(party => { expect(item(party, id)?.target?.toString()).toBe(dave.peerId.toString()) }) })
  })

  it('revoked by another admin: by whom, and why; declined; locked: each sees it, and is told once', async () => {
    const { replicas, nodes, party, bobs, carols, dave, carol } = await threeAdmins()
    const heard = ends(nodes)
    const [revoked, declined, locked, taken] = await Promise.all([bobs.invite(), party.invite(), bobs.invite(), carols.invite()])
    await vi.waitFor(() => { replicas.forEach(({ invitations }) => { expect(invitations.list({ status: 'pending' }).items).toHaveLength(4) }) })

    await carols.revoke(revoked.id, { reason: 'the room is full' })
    await dave.services.parties.decline(declined.code, 'not my kind of books')
    const redemption = dave.services.parties.redeem(locked.code)

    for (const nth of [1, 2, 3]) {
      await expect(redemption.setPin(wrongPin(locked, nth))).rejects.toThrow()
    }

    await taken.cancel()

    await all(replicas, revoked, 'revoked')
    await all(replicas, declined, 'declined')
    expect(replicas.map(replica => item(replica, declined.id)?.reason)).toEqual(['not my kind of books', undefined, undefined])
    await all(replicas, locked, 'locked')
    await all(replicas, taken, 'revoked')
    expect(item(party, revoked.id)).toMatchObject({ revokedBy: carol.peerId, reason: 'the room is full' })
    expect(shared(bobs)).toEqual(shared(party))
    expect(shared(carols)).toEqual(shared(party))

    const all4 = [`revoked ${revoked.id}`, `declined ${declined.id}`, `locked ${locked.id}`, `revoked ${taken.id}`].sort()
    await vi.waitFor(() => { heard.forEach(ends => { expect([...ends].sort()).toEqual(all4) }) })
  })

  it('its time over: each sees it by its own clock, without a word from anyone', async () => {
    const admins = await threeAdmins()
    const { replicas, nodes, party, bobs } = admins
    const [soon, later] = [await party.invite({ expiration: clock.now() + HOUR }), await bobs.invite({ expiration: clock.now() + 2 * HOUR })]
    await all(replicas, soon, 'pending')
    await all(replicas, later, 'pending')
    await cutOff(admins)
    const heard = ends(nodes)
    const changed = replicas.map(({ invitations }) => {
      const listener = vi.fn()
      invitations.subscribe(listener)

      return listener
    })

    clock.advance(HOUR)
    await all(replicas, soon, 'expired')
    await all(replicas, later, 'pending')
    await vi.waitFor(() => { expect(heard).toEqual(replicas.map(() => [`expired ${soon.id}`])) })
    changed.forEach(listener => { expect(listener).toHaveBeenCalled() })

    clock.advance(HOUR)
    await all(replicas, later, 'expired')
    await vi.waitFor(() => { expect(heard).toEqual(replicas.map(() => [`expired ${soon.id}`, `expired ${later.id}`])) })
  })

  it('an admin who is made a writer takes the open invitations along, the used ones stay', async () => {
    const { replicas, party, bob, bobs, dave } = await threeAdmins()
    const [open, used] = [await bobs.invite(), await bobs.invite()]
    await dave.services.parties.redeem(used.code).setPin(used.pin)
    await all(replicas, used, 'used')
    await party.setRole(bob.peerId, 'writer')

    await all(replicas, open, 'revoked')
    await all(replicas, used, 'used')
    expect(item(party, open.id)?.revokedBy).toBeUndefined()
  })
})

describe('Cut off from each other', () => {
  it('each goes on; when they meet again all lists are equal, and each end is told once', async () => {
    const admins = await threeAdmins()
    const { network, replicas, nodes, party, bobs, carols, dave } = admins
    const shared1 = await bobs.invite({ uses: 2 })
    await all(replicas, shared1, 'pending')
    const heard = ends(nodes)
    await cutOff(admins)

    clock.advance(1000)
    const hers = await party.invite()
    clock.advance(1000)
    const his = await bobs.invite()
    clock.advance(1000)
    const carolsOwn = await carols.invite()
    const erin = await network.node({ clock })
    await dave.services.parties.redeem(his.code).setPin(his.pin)
    await erin.services.parties.decline(carolsOwn.code)
    await carols.revoke(shared1.id, { reason: 'over' })
    await vi.waitFor(() => { expect(item(carols, carolsOwn.id)?.status).toBe('declined') })
    expect(item(party, his.id)).toBeUndefined()
    expect(item(bobs, shared1.id)?.status).toBe('pending')

    await heal(admins)
    await all(replicas, his, 'used')
    await all(replicas, carolsOwn, 'declined')
    await all(replicas, shared1, 'revoked')
    await all(replicas, hers, 'pending')
    expect(shared(bobs)).toEqual(shared(party))
    expect(shared(carols)).toEqual(shared(party))
    expect(item(party, his.id)?.usedBy).toEqual([{ peerId: dave.peerId, at: clock.now() }])

    const three = [`used ${his.id}`, `declined ${carolsOwn.id}`, `revoked ${shared1.id}`].sort()
    await vi.waitFor(() => { heard.forEach(ends => { expect([...ends].sort()).toEqual(three) }) })
  })

  it('a revocation that is concurrent with an admission wins: used where it was admitted, then revoked everywhere', async () => {
    const admins = await threeAdmins()
    const { replicas, nodes, bobs, carols, dave } = admins
    const invitation = await carols.invite()
    await all(replicas, invitation, 'pending')
    const [, , hers] = ends(nodes)
    await cutOff(admins)
    await bobs.revoke(invitation.id)
    await dave.services.parties.redeem(invitation.code).setPin(invitation.pin)
    await vi.waitFor(() => { expect(hers).toEqual([`used ${invitation.id}`]) })

    await heal(admins)
    await vi.waitFor(() => {
      // a stream that was cut off is opened again after a wait
      clock.advance(250)
      replicas.forEach(party => { expect(item(party, invitation.id)).toMatchObject({ status: 'revoked', usedBy: [] }) })
    })
    expect(hers).toEqual([`used ${invitation.id}`])
  })

  it('what comes in together is told together', async () => {
    const admins = await threeAdmins()
    const { party, bobs } = admins
    await cutOff(admins)
    await Promise.all(Array.from({ length: 40 }, async () => party.invite({ role: 'reader' })))
    const listener = vi.fn()
    bobs.invitations.subscribe(listener)

    await heal(admins)
    await vi.waitFor(() => {
      clock.advance(250)
      expect(bobs.invitations.list({ status: 'pending' }).items).toHaveLength(40)
    })
    expect(listener.mock.calls.length).toBeLessThan(10)
  })
})

describe('Pages', () => {
  it('go on where they were, whatever comes or ends between them', async () => {
    told = await story({ clock: clock = new FakeClock() })
    const { party: { invitations }, party } = told
    const ids: string[] = []

    for (let i = 0; i < 7; i++) {
      clock.advance(1)
      ids.unshift((await party.invite()).id)
    }

    const first = invitations.list({ status: 'pending', limit: 3 })
    expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 3))
    clock.advance(1)
    await party.invite()
    await party.revoke(ids[2] ?? '')
    await party.revoke(ids[4] ?? '')

    const second = invitations.list({ status: 'pending', limit: 3, cursor: first.nextCursor })
    expect(second.items.map(({ id }) => id)).toEqual([ids[3], ids[5], ids[6]])
    expect(second.nextCursor).toBeUndefined()
    expect(invitations.list({ status: 'revoked' }).items.map(({ id }) => id)).toEqual([ids[2], ids[4]])
    expect(invitations.list().items).toHaveLength(8)
  })

  it('what is no limit and no cursor is refused', async () => {
    told = await story()
    const { party: { invitations } } = told

    for (const limit of [0, -1, 1.5, 1001, Number.NaN]) {
      expect(() => invitations.list({ limit })).toThrow(RangeError)
    }

    for (const cursor of ['', 'x', '1-', `z-${'g'.repeat(64)}`, `z-${'a'.repeat(63)}`]) {
      expect(() => invitations.list({ cursor })).toThrow(RangeError)
    }
  })

  it('an item is the same object until it changes', async () => {
    told = await story()
    const { party: { invitations }, party } = told
    const [one, two] = [await party.invite(), await party.invite()]
    const before = [item(party, one.id), item(party, two.id)]
    await one.cancel()
    expect(item(party, one.id)).not.toBe(before[0])
    expect(item(party, two.id)).toBe(before[1])
    expect(invitations.getSnapshot()).toBe(invitations.getSnapshot())
    expect(invitations.getSnapshot()).toEqual([one, two])
  })
})

describe('What is over', () => {
  it('a newcomer is not told of ends that were before', async () => {
    told = await story()
    const { party, bob } = told
    const invitation = await party.invite()
    await invitation.cancel()
    const [his] = ends([bob])
    const bobs = await join(party, bob, 'admin')
    await vi.waitFor(() => { expect(item(bobs, invitation.id)?.status).toBe('revoked') })

    const next = await party.invite()
    await all([bobs], next, 'pending')
    await next.cancel()
    await vi.waitFor(() => { expect(his).toEqual([`revoked ${next.id}`]) })
  })

  it('what she calls an invitation is on her device alone, through its end, its renewal and a restart', async () => {
    clock = new FakeClock()
    told = await story({ clock })
    const [datastore, privateKey] = [new MemoryDatastore(), await generateKeyPair('Ed25519')]
    const before = await told.network.node({ clock, datastore, privateKey })
    const party = await before.services.parties.create({ name: 'Choir' })
    const first = await party.invite({ role: 'admin', label: 'for Bob' })
    const bobs = await told.bob.services.parties.redeem(first.code).setPin(first.pin)
    const next = await first.renew()
    await first.setLabel('for Bob, of the book club')
    expect([item(party, first.id)?.label, item(party, next.id)?.label]).toEqual(['for Bob, of the book club', 'for Bob'])
    await next.setLabel('')
    expect([item(party, next.id)?.label, next.getSnapshot().label]).toEqual([undefined, ''])
    await expect(next.setLabel('é'.repeat(129))).rejects.toThrow('at most 256 bytes')
    await expect(party.invite({ label: 'é'.repeat(129) })).rejects.toThrow('at most 256 bytes')
    await vi.waitFor(() => { expect(item(bobs, next.id)).toBeDefined() })
    expect(bobs.invitations.list().items.filter(({ label }) => label != null)).toEqual([])

    await before.stop()
    const after = await told.network.node({ clock, datastore, privateKey })
    const again = await after.services.parties.open(party.key)
    expect([item(again, first.id)?.label, again.invitations.get(first.id)?.label]).toEqual(Array(2).fill('for Bob, of the book club'))
  })

  it('after a restart the list is as it was, what had ended is not told again, and what expired meanwhile shows as expired', async () => {
    clock = new FakeClock()
    told = await story({ clock })
    const [datastore, privateKey] = [new MemoryDatastore(), await generateKeyPair('Ed25519')]
    const before = await told.network.node({ clock, datastore, privateKey })
    const party = await before.services.parties.create({ name: 'Choir', picture: 'ipfs://bafy' })
    const [open, locked, expired] = [await party.invite({ expiration: 'never' }), await party.invite(), await party.invite({ expiration: clock.now() + HOUR })]
    const redemption = told.bob.services.parties.redeem(locked.code)

    for (const nth of [1, 2, 3]) {
      await expect(redemption.setPin(wrongPin(locked, nth))).rejects.toThrow()
    }

    await before.stop()
    clock.advance(2 * HOUR)
    const after = await told.network.node({ clock, datastore, privateKey })
    const [heard] = ends([after])
    const again = await after.services.parties.open(party.key)
    expect(again.picture).toBe('ipfs://bafy')
    await all([again], open, 'pending')
    await all([again], locked, 'locked')
    await all([again], expired, 'expired')

    await again.invitations.get(open.id)?.cancel()
    await vi.waitFor(() => { expect(heard).toEqual([`revoked ${open.id}`]) })
  })
})
