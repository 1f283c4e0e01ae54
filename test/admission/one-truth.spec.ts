/** What an invitation came to is what the log's view says: at its inviter as everywhere, at each change and after a restart. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import { callbacks, join } from '../helpers/parties.js'
import type { Member, Party } from '../../src/index.js'
import type { MembershipLog, OpId } from '../../src/log/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Network, TestNode } from '../../src/testing/index.js'
import type { Key } from 'interface-datastore'

let network: Network

beforeEach(() => { network = createNetwork({ meet: false }) })

afterEach(async () => network.stop())

const logOf = (party: Party): MembershipLog => (party as LocalParty).log

/** A replica's ops, handed to another. */
async function hand (from: Party, to: Party, ...ids: OpId[]): Promise<void> {
  const ops = logOf(from).since([]).filter(({ id }) => ids.length === 0 || ids.includes(id)).map(({ signed }) => signed)
  await logOf(to).receive(ops)
}

interface Three {
  nodes: TestNode[]
  party: Party
  bobs: Party
  carols: Party
}

/** Alice owns the party, Carol too; Bob is an admin. */
async function three (): Promise<Three> {
  const nodes = await Promise.all([network.node(), network.node(), network.node()])
  const [alice, bob, carol] = nodes
  const party = await alice.services.parties.create({ name: 'Book club' })
  const carols = await join(party, carol, 'owner')
  const bobs = await join(party, bob, 'admin')
  await vi.waitFor(() => { expect(carols.members).toHaveLength(3) })

  return { nodes, party, bobs, carols }
}

/** All have this invitation; from then on nobody hears of the others. */
async function cutOff ({ nodes, ...parties }: Three, invite: OpId): Promise<void> {
  await vi.waitFor(() => { Object.values(parties).forEach(party => { expect(logOf(party).has(invite)).toBe(true) }) })
  const [, bob, carol] = nodes as [TestNode, TestNode, TestNode]
  network.partition([bob], [carol])
}

const selfOf = ({ members }: Party): Member['peerId'] => members.find(({ self }) => self)!.peerId

describe('An admin revokes Alice\'s invitation', () => {
  it('after she removed him, unseen: that is void, and her invitation stays open', async () => {
    const all = await three()
    const { party, bobs } = all
    const mine = callbacks()
    const invitation = await party.invite(mine)
    await cutOff(all, invitation.id)
    const { id } = await logOf(bobs).append('REVOKE', { invite: invitation.id, reason: '' })
    await party.remove(selfOf(bobs))
    await hand(bobs, party, id)

    expect(logOf(party).voidOf(id)).toBeDefined()
    expect(invitation.status).toBe('pending')
    const dave = await network.node()
    await dave.services.parties.redeem(invitation.code).setPin(invitation.pin)
    await vi.waitFor(() => { expect(mine.ends()).toEqual(['onDone']) })
  })

  it('after she made him a reader, unseen: that is void too', async () => {
    const all = await three()
    const { party, bobs } = all
    const invitation = await party.invite()
    await cutOff(all, invitation.id)
    const { id } = await logOf(bobs).append('REVOKE', { invite: invitation.id, reason: '' })
    await party.setRole(selfOf(bobs), 'reader')
    await hand(bobs, party, id)

    expect(logOf(party).voidOf(id)).toBeDefined()
    const dave = await network.node()
    await expect(dave.services.parties.redeem(invitation.code).setPin(invitation.pin)).resolves.toMatchObject({ key: party.key })
  })

  it('and it turns out that another owner had removed him: what he had ended is open again, with its PIN, until it is used', async () => {
    const all = await three()
    const { party, bobs, carols } = all
    const [first, again] = [callbacks(), callbacks()]
    const invitation = await party.invite(first)
    const { code, pin, id } = invitation
    await cutOff(all, id)
    await carols.remove(selfOf(bobs))
    const revoke = await logOf(bobs).append('REVOKE', { invite: id, reason: 'full' })
    await hand(bobs, party, revoke.id)

    await vi.waitFor(() => { expect(first.ends()).toEqual(['onError InvitationRevokedError']) })
    expect([invitation.status, invitation.pin]).toEqual(['revoked', ''])
    const dave = await network.node()
    await expect(dave.services.parties.lookup(code)).rejects.toMatchObject({ name: 'InvitationRevokedError' })

    await hand(carols, party)
    expect(logOf(party).voidOf(revoke.id)).toBeDefined()
    expect([invitation.status, invitation.pin]).toEqual(['pending', pin])
    await vi.waitFor(() => { expect(party.invitations.list({ status: 'pending' }).items.map(({ id }) => id)).toEqual([id]) })
    invitation.on(again)
    await dave.services.parties.redeem(code).setPin(pin)
    await vi.waitFor(() => { expect(again.ends()).toEqual(['onDone']) })
    expect(first.ends()).toEqual(['onError InvitationRevokedError'])
  })
})

describe('Bob takes his own invitation back', () => {
  it('and it stays so, though Carol had made him a writer meanwhile, and his REVOKE is void', async () => {
    const all = await three()
    const { bobs, carols } = all
    const invitation = await bobs.invite()
    await cutOff(all, invitation.id)
    await carols.setRole(selfOf(bobs), 'writer')
    await invitation.cancel()
    await hand(carols, bobs)
    expect([bobs.role, invitation.status]).toEqual(['writer', 'revoked'])
    await carols.setRole(selfOf(bobs), 'admin')
    await hand(carols, bobs)

    expect(bobs.role).toBe('admin')
    expect(logOf(bobs).invite(invitation.id)?.revokedBy).toBeUndefined()
    expect(invitation.status).toBe('revoked')
  })
})

describe('Bob was an admin, is a writer for a while, and an admin again', () => {
  it('his invitation is closed meanwhile, and open again', async () => {
    const all = await three()
    const { party, bobs, nodes: [, bob] } = all
    const invitation = await bobs.invite()
    const { pin } = invitation
    await party.setRole(selfOf(bobs), 'writer')
    await vi.waitFor(() => { expect([invitation.status, invitation.pin]).toEqual(['revoked', '']) })
    await party.setRole(selfOf(bobs), 'admin')
    await vi.waitFor(() => { expect([invitation.status, invitation.pin]).toEqual(['pending', pin]) })
    const dave = await network.node()
    await dave.dial(bob!.getMultiaddrs())
    await expect(dave.services.parties.redeem(invitation.code).setPin(pin)).resolves.toMatchObject({ key: bobs.key })
  })
})

describe('Bob, an admin, was removed before he invited, which he had not heard', () => {
  it('his invitation is void, and stays so when he is an admin again: it lets nobody in', async () => {
    const all = await three()
    const { party, bobs, nodes } = all
    const [alice, bob, carol] = nodes as [TestNode, TestNode, TestNode]
    network.partition([bob], [alice, carol])
    await party.remove(selfOf(bobs))
    const invitation = await bobs.invite()
    const { code, pin } = invitation
    expect(invitation.status).toBe('pending')
    network.partition()
    await bob.dial(alice.getMultiaddrs())
    await vi.waitFor(() => { expect(bobs.role).toBeUndefined() })
    await join(party, bob, 'admin')
    await vi.waitFor(() => { expect(logOf(party).has(invitation.id)).toBe(true) })

    expect(bobs.role).toBe('admin')
    expect(logOf(party).voidOf(invitation.id)).toBeDefined()
    expect([invitation.status, invitation.pin]).toEqual(['revoked', ''])
    expect(party.invitations.list().items.find(({ id }) => id === invitation.id)).toMatchObject({ status: 'revoked' })
    const dave = await network.node()
    await dave.dial(bob.getMultiaddrs())
    await expect(dave.services.parties.redeem(code).setPin(pin)).rejects.toMatchObject({ name: 'InvitationRevokedError' })
  })
})

describe('Alice\'s node was killed', () => {
  it('between an admin\'s REVOKE and whatever followed: after a restart it is revoked; Bob\'s right PIN is told so, and costs nothing', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    const datastore = new MemoryDatastore()
    const alice = await network.node({ datastore, privateKey })
    const carol = await network.node()
    const party = await alice.services.parties.create({ name: 'Book club' })
    const carols = await join(party, carol, 'admin')
    const invitation = await party.invite()
    const { code, pin, id } = invitation
    await vi.waitFor(() => { expect(logOf(carols).has(id)).toBe(true) })
    const disk = new MemoryDatastore()
    // the disk as a kill right after the op was kept would leave it
    let left: Array<{ key: Key, value: Uint8Array }> = []
    logOf(party).addEventListener('ops', () => { left = [...datastore._all({}) as Iterable<{ key: Key, value: Uint8Array }>] }, { once: true })
    await carols.revoke(id)
    await vi.waitFor(() => { expect(invitation.status).toBe('revoked') })
    await alice.stop()
    await Promise.all(left.map(async ({ key, value }) => disk.put(key, value)))

    const second = await network.node({ datastore: disk, privateKey })
    const again = (await second.services.parties.open(party.key)).invitations.get(id)
    const late = callbacks()
    again?.on(late)
    expect(again?.getSnapshot()).toMatchObject({ status: 'revoked', attemptsLeft: 3 })
    expect(late.ends()).toEqual(['onError InvitationRevokedError'])
    const bob = await network.node()
    await bob.dial(second.getMultiaddrs())
    await expect(bob.services.parties.redeem(code).setPin(pin)).rejects.toMatchObject({ name: 'InvitationRevokedError' })
    expect(again?.getSnapshot()).toMatchObject({ status: 'revoked', attemptsLeft: 3 })
  })
})

describe('Bob types the right PIN', () => {
  it('while the REVOKE of another admin comes in: he is told that it was revoked, and no attempt is spent', async () => {
    const all = await three()
    const { party, carols } = all
    const invitation = await party.invite({ uses: 2 })
    await cutOff(all, invitation.id)
    await carols.revoke(invitation.id)
    const dave = await network.node()
    const redemption = dave.services.parties.redeem(invitation.code)
    await redemption.ready()
    // between the attempt's count and the ADMIT
    vi.spyOn(party as LocalParty, 'freshen').mockImplementationOnce(async () => hand(carols, party))

    await expect(redemption.setPin(invitation.pin)).rejects.toMatchObject({ name: 'InvitationRevokedError' })
    expect(invitation.getSnapshot()).toMatchObject({ status: 'revoked', attemptsLeft: 3, usedBy: [] })
  })
})

describe('Another admin revoked it', () => {
  it('and its time passes: that was its end, and its PIN is wiped', async () => {
    const clock = new FakeClock()
    const datastore = new MemoryDatastore()
    const [alice, bob] = await Promise.all([network.node({ clock, datastore }), network.node({ clock })])
    const party = await alice.services.parties.create({ name: 'Book club' })
    const bobs = await join(party, bob, 'admin')
    const invitation = await party.invite()
    const { id, pin } = invitation
    const isKept = (): boolean => [...datastore._all({}) as Iterable<{ key: Key, value: Uint8Array }>].some(({ key, value }) => key.toString().endsWith(id) && new TextDecoder().decode(value).includes(pin))
    await vi.waitFor(() => { expect(logOf(bobs).has(id)).toBe(true) })
    await bobs.revoke(id)
    await vi.waitFor(() => { expect(invitation.status).toBe('revoked') })
    // it may turn out void until then
    expect(isKept()).toBe(true)
    clock.advance(3_600_000)
    await vi.waitFor(() => { expect(isKept()).toBe(false) })
    expect([invitation.status, invitation.pin]).toEqual(['revoked', ''])
  })
})
