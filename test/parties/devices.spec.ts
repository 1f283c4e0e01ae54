import { generateKeyPair } from '@libp2p/crypto/keys'
import { lpStream } from '@libp2p/utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { connect, join, story } from '../helpers/parties.js'
import { LOG_PROTOCOL } from '../../src/sync/constants.js'
import { link, linkDevice, unlink } from '../helpers/devices.js'
import type { Member, Party } from '../../src/index.js'
import type { Story } from '../helpers/parties.js'
import type { LinkedDevice } from '../helpers/devices.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { TestNode } from '../../src/testing/index.js'
import type { PeerId, Stream } from '@libp2p/interface'

const PROTOCOL = '/book-club/notes/1.0.0'

let told: Story

afterEach(async () => told.network.stop())

interface BobsDevices extends Story {
  bobs: LocalParty
  laptop: LinkedDevice
}

/** Bob, a writer, has a phone, with which he joined, and a laptop that is connected with Alice. */
async function twoDevices (): Promise<BobsDevices> {
  told = await story()
  const { network, alice, bob, party } = told
  const bobs = await join(party, bob, 'writer')
  const laptop = await linkDevice(network, bobs)
  await vi.waitFor(() => { expect(memberIn(party, bob)?.devices).toHaveLength(2) })
  await connect(laptop.node, alice)

  return { ...told, bobs, laptop }
}

function memberIn (party: Party, { peerId }: TestNode): Member | undefined {
  return party.members.find(member => member.peerId.equals(peerId))
}

function same (peers: readonly PeerId[] | undefined): string[] {
  return (peers ?? []).map(peer => peer.toString())
}

/** Answers what it is sent. */
async function echo (stream: Stream): Promise<void> {
  const notes = lpStream(stream)
  await notes.write(await notes.read())
  notes.unwrap()
}

async function say (stream: Stream): Promise<string> {
  const notes = lpStream(stream)
  await notes.write(new TextEncoder().encode('hello'))
  const said = new TextDecoder().decode((await notes.read()).subarray())
  notes.unwrap()

  return said
}

describe('Bob\'s phone and laptop are one member', () => {
  it('with two devices, the first key\'s first; found by either', async () => {
    const { alice, bob, party, bobs, laptop } = await twoDevices()
    const member = memberIn(party, bob)
    expect(party.members).toHaveLength(2)
    expect(same(member?.devices)).toEqual(same([bob.peerId, laptop.node.peerId]))
    expect(party.memberOf(laptop.node.peerId)).toBe(member)
    expect(party.memberOf(bob.peerId)).toBe(member)
    expect(party.roleOf(laptop.node.peerId)).toBe('writer')
    expect(laptop.party.role).toBe('writer')
    expect(laptop.party.memberOf(bob.peerId)?.self).toBe(true)
    expect(bobs.memberOf(laptop.node.peerId)).toMatchObject({ self: true, id: member?.id })
    expect(party.memberOf(alice.peerId)?.id).not.toBe(member?.id)
    expect(party.memberOf((await told.network.node()).peerId)).toBeUndefined()
  })

  it('told of as each comes and goes, and not as members that do', async () => {
    told = await story()
    const { network, alice, bob, party } = told
    const bobs = await join(party, bob, 'writer')
    const seen: string[] = []
    const { parties } = alice.services
    parties.addEventListener('device:link', ({ detail: { party: of, member, device } }) => { seen.push(`link ${of.key === party.key} ${member.devices.length} ${device.toString()}`) })
    parties.addEventListener('device:unlink', ({ detail: { member, device } }) => { seen.push(`unlink ${member.devices.length} ${device.toString()}`) })

    for (const type of ['member:join', 'member:leave', 'member:role'] as const) {
      parties.addEventListener(type, () => { seen.push(type) })
    }

    const { node: laptop } = await linkDevice(network, bobs)
    await vi.waitFor(() => { expect(seen).toEqual([`link true 2 ${laptop.peerId.toString()}`]) })
    await unlink(bobs, laptop)
    await vi.waitFor(() => { expect(seen.slice(1)).toEqual([`unlink 1 ${laptop.peerId.toString()}`]) })
  })

  it('a role given to the laptop is the person\'s; the laptop invites, sets roles and is believed', async () => {
    const { network, bob, party, bobs, laptop } = await twoDevices()
    await party.setRole(laptop.node.peerId, 'admin')
    await vi.waitFor(() => { expect([bobs.role, laptop.party.role]).toEqual(['admin', 'admin']) })

    const carol = await network.node()
    await join(laptop.party, carol, 'reader')
    await vi.waitFor(() => { expect(party.memberOf(carol.peerId)?.invitedBy?.equals(bob.peerId)).toBe(true) })
    await laptop.party.setRole(carol.peerId, 'writer')
    await vi.waitFor(() => { expect(party.roleOf(carol.peerId)).toBe('writer') })
  })

  it('who is invited by the laptop of an owner knows it for one of hers at once, before the log is here', async () => {
    told = await story()
    const { network, alice, bob, party } = told
    const laptop = await linkDevice(network, party)
    // between the LINK and the invitation lies what the Grant does not show
    await laptop.party.invite()
    const { code, pin } = await laptop.party.invite()
    const held = Promise.withResolvers<undefined>()
    network.meddle(({ protocol }) => protocol === LOG_PROTOCOL ? held.promise : undefined)
    const bobs = await bob.services.parties.redeem(code).setPin(pin)
    expect(bobs.roleOf(laptop.node.peerId)).toBe('owner')
    expect(bobs.memberOf(laptop.node.peerId)?.peerId.equals(alice.peerId)).toBe(true)
    expect(same(bobs.members[0]?.devices)).toEqual(same([alice.peerId, laptop.node.peerId]))
    held.resolve(undefined)
    await vi.waitFor(() => { expect(bobs.synced).toBeDefined() })
  })

  it('removed by the laptop\'s PeerId, both are out', async () => {
    const { party, bobs, laptop } = await twoDevices()
    await party.remove(laptop.node.peerId)
    expect(party.members).toHaveLength(1)
    await vi.waitFor(() => { expect([bobs.role, laptop.party.role]).toEqual([undefined, undefined]) })
  })

  it('leaving on the laptop takes the phone along', async () => {
    const { party, bobs, laptop } = await twoDevices()
    await laptop.party.leave()
    await vi.waitFor(() => { expect(bobs.role).toBeUndefined() })
    await vi.waitFor(() => { expect(party.members).toHaveLength(1) })
  })

  it('is online while either is', async () => {
    const { alice, bob, party, laptop } = await twoDevices()
    const isOnline = (): boolean => memberIn(party, bob)?.online === true
    expect(isOnline()).toBe(true)
    await alice.hangUp(bob.peerId)
    expect(isOnline()).toBe(true)
    await alice.hangUp(laptop.node.peerId)
    await vi.waitFor(() => { expect(isOnline()).toBe(false) })
    await connect(laptop.node, alice)
    await vi.waitFor(() => { expect(isOnline()).toBe(true) })
  })

  it('both are served by what Alice guards, in either way', async () => {
    const { alice, bob, party, laptop } = await twoDevices()
    await alice.handle('/plain/1.0.0', echo)
    await party.protect('/plain/1.0.0', { role: 'writer' })
    await party.handle(PROTOCOL, echo, { role: 'writer' })

    for (const [node, of] of [[bob, await bob.services.parties.open(party.key)], [laptop.node, laptop.party]] as const) {
      expect(await say(await of.newStream(alice.peerId, PROTOCOL))).toBe('hello')
      expect(await say(await node.dialProtocol(alice.peerId, '/plain/1.0.0'))).toBe('hello')
    }
  })

  it('the laptop is unlinked: what it has open ends at once, and nothing is served or told to it any more', async () => {
    const { alice, bob, party, bobs, laptop } = await twoDevices()
    await alice.handle('/plain/1.0.0', async stream => lpStream(stream).read().then(() => {}))
    await party.protect('/plain/1.0.0')
    await party.handle(PROTOCOL, async stream => lpStream(stream).read().then(() => {}))
    const hers = await laptop.node.dialProtocol(alice.peerId, '/plain/1.0.0')
    const guarded = await laptop.party.newStream(alice.peerId, PROTOCOL)
    await vi.waitFor(() => { expect(laptop.party.synced?.peer.equals(alice.peerId)).toBe(true) })
    const gone = vi.fn()
    laptop.node.services.parties.addEventListener('removed', gone)

    await unlink(bobs, laptop.node)
    await vi.waitFor(() => { expect([hers.status, guarded.status]).toEqual(['reset', 'reset']) })
    expect(party.memberOf(laptop.node.peerId)).toBeUndefined()
    expect(party.roleOf(laptop.node.peerId)).toBeUndefined()
    expect(same(memberIn(party, bob)?.devices)).toEqual(same([bob.peerId]))
    expect(bobs.role).toBe('writer')

    // it is told so, and learns nothing that comes after
    await vi.waitFor(() => { expect(laptop.party.role).toBeUndefined() })
    expect(gone).toHaveBeenCalledOnce()
    await expect(laptop.party.newStream(alice.peerId, PROTOCOL)).rejects.toMatchObject({ name: 'NotMemberError' })
    await party.setRole(bob.peerId, 'reader')
    await vi.waitFor(() => { expect(bobs.role).toBe('reader') })
    expect(laptop.party.memberOf(bob.peerId)?.role).toBe('writer')
    await expect(party.setRole(laptop.node.peerId, 'admin')).rejects.toMatchObject({ name: 'NotPermittedError' })
  })
})

describe('A device that stands for two members', () => {
  it('calls ask which one is meant, and take the Member', async () => {
    told = await story()
    const { network, alice, party } = told
    // Carol has a seat of her own, and then her device is linked into Alice's
    const privateKey = await generateKeyPair('Ed25519')
    const carol = await network.node({ privateKey })
    const carols = await join(party, carol, 'writer')
    await link(party, privateKey)
    const [own, hers] = [memberIn(party, carol), memberIn(party, alice)] as [Member, Member]
    expect(party.memberOf(carol.peerId)?.id).toBe(hers.id)
    expect(party.roleOf(carol.peerId)).toBe('owner')
    const both = [hers.id, own.id]
    await expect(party.setRole(carol.peerId, 'admin')).rejects.toMatchObject({ name: 'AmbiguousMemberError', code: 'ERR_AMBIGUOUS_MEMBER', members: both })
    await expect(party.remove(carol.peerId)).rejects.toMatchObject({ name: 'AmbiguousMemberError' })
    await party.setRole(own, 'admin')
    expect(memberIn(party, carol)?.role).toBe('admin')

    await vi.waitFor(() => { expect(carols.members.filter(({ self }) => self)).toHaveLength(2) })
    await expect(carols.leave()).rejects.toMatchObject({ name: 'AmbiguousMemberError', members: both })
    await expect(carols.leave({ member: hers })).rejects.toMatchObject({ name: 'LastOwnerError' })
    await carols.leave({ member: own })
    await vi.waitFor(() => { expect(party.members.map(({ id }) => id)).toEqual([hers.id]) })

    // what is left is Alice's seat: the device speaks for that now, though its key was the first of another
    expect(carols.role).toBe('owner')
    const bobs = await join(carols, told.bob, 'reader')
    expect(bobs.memberOf(told.bob.peerId)?.invitedBy?.equals(alice.peerId)).toBe(true)
  })

  it('an unlinked device names nobody, and a first key its member for good', async () => {
    const { network, bob, party, bobs, laptop } = await twoDevices()
    const { log } = bobs
    // without words no device outranks the first; Bob is invited by his first key, so the name of his seat is its
    expect(log.keysOf(log.member(log.self)?.person ?? '')[0]).toBe(log.self)
    await expect(unlink(laptop.party, bob)).rejects.toMatchObject({ name: 'NotPermittedError' })
    await unlink(bobs, laptop.node)
    await vi.waitFor(() => { expect(party.memberOf(laptop.node.peerId)).toBeUndefined() })
    await expect(party.remove(laptop.node.peerId)).rejects.toMatchObject({ name: 'NotPermittedError' })
    const stranger = await network.node()
    await expect(party.remove(stranger.peerId)).rejects.toMatchObject({ name: 'NotPermittedError' })
    await party.remove(bob.peerId)
    expect(party.members).toHaveLength(1)
  })
})
