import { lpStream } from '@libp2p/utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { callbacks, connect, join, rolesOf, story } from '../helpers/parties.js'
import type { TestNode } from '../../src/testing/index.js'
import type { Story } from '../helpers/parties.js'

let told: Story

afterEach(async () => told.network.stop())

describe('Alice changes who is a member', () => {
  it('she removes Bob: everyone learns of it, he too, and then nothing more', async () => {
    told = await story()
    const { network, bob, party } = told
    const carol = await network.node()
    const bobs = await join(party, bob, 'writer')
    const carols = await join(party, carol, 'reader')
    const removed = vi.fn()
    bob.services.parties.addEventListener('removed', removed)

    expect(await party.remove(bob.peerId)).toEqual({ voided: [] })
    await vi.waitFor(() => {
      expect(rolesOf(carols)).toEqual(rolesOf(party))
      expect(bobs.role).toBeUndefined()
    })
    expect(Object.keys(rolesOf(party))).not.toContain(bob.peerId.toString())
    expect(removed).toHaveBeenCalledOnce()

    const { id } = await party.invite()
    await vi.waitFor(() => { expect(carols.role).toBe('reader') })
    expect(bobs.invitations.get(id)).toBeUndefined()
  })

  it('Bob was away when she removed him: he learns it when he comes back', async () => {
    told = await story()
    const { alice, bob, party } = told
    const bobs = await join(party, bob, 'writer')
    await bob.hangUp(alice.peerId)
    await party.remove(bob.peerId)
    expect(bobs.role).toBe('writer')

    await connect(bob, alice)
    await vi.waitFor(() => { expect(bobs.role).toBeUndefined() })
  })

  it('she makes him an admin, and he may invite; then a reader, and his open invitation ends', async () => {
    told = await story()
    const { bob, party } = told
    const bobs = await join(party, bob, 'writer')
    await expect(bobs.invite()).rejects.toMatchObject({ name: 'NotPermittedError' })

    await party.setRole(bob.peerId, 'admin')
    await vi.waitFor(() => { expect(bobs.role).toBe('admin') })
    const his = callbacks()
    const invitation = await bobs.invite(his)

    await party.setRole(bob.peerId, 'reader')
    await vi.waitFor(() => { expect(his.ends()).toEqual(['onError InvitationRevokedError']) })
    expect(invitation.status).toBe('revoked')
  })

  it('she revokes the invitation of her admin: he stops serving it, mid-handshake', async () => {
    told = await story()
    const { network, bob, party } = told
    const carol = await network.node()
    const bobs = await join(party, bob, 'admin')
    const invitation = await bobs.invite()
    const hers = callbacks()
    const redemption = carol.services.parties.redeem(invitation.code, hers)
    await redemption.ready()
    await party.revoke(invitation.id, { reason: 'full' })
    await vi.waitFor(() => { expect(hers.ends()).toEqual(['onError InvitationRevokedError']) })
  })

  it('Bob leaves by himself', async () => {
    told = await story()
    const { bob, party } = told
    const bobs = await join(party, bob, 'writer')
    await bobs.leave()
    expect(bobs.role).toBeUndefined()
    await vi.waitFor(() => { expect(Object.keys(rolesOf(party))).toHaveLength(1) })
  })

  it('the only owner does not leave the others by accident; with a co-owner, or where she insists, she does', async () => {
    told = await story()
    const { network, bob, party } = told
    const bobs = await join(party, bob, 'writer')
    await expect(party.leave()).rejects.toMatchObject({ name: 'LastOwnerError', code: 'ERR_LAST_OWNER' })
    await party.setRole(bob.peerId, 'owner')
    await vi.waitFor(() => { expect(bobs.role).toBe('owner') })
    await party.leave()
    await vi.waitFor(() => { expect(Object.keys(rolesOf(bobs))).toEqual([bob.peerId.toString()]) })

    const carol = await network.node()
    await join(bobs, carol, 'reader')
    await expect(bobs.leave()).rejects.toMatchObject({ name: 'LastOwnerError' })
    await bobs.leave({ insist: true })
    expect(bobs.role).toBeUndefined()
  })

  it('who comes, goes, and gets another role is told, once, to who was there before', async () => {
    told = await story()
    const { network, bob, party } = told
    const carol = await network.node()
    const dave = await network.node()
    const follow = (node: TestNode): string[] => {
      const seen: string[] = []
      const nameOf = (member: { peerId: unknown }): string => ['Alice', 'Bob', 'Carol', 'Dave'][[told.alice, bob, carol, dave].findIndex(({ peerId }) => peerId.toString() === String(member.peerId))] ?? ''
      node.services.parties.addEventListener('member:join', ({ detail: { member } }) => { seen.push(`${nameOf(member)} joins as ${member.role}`) })
      node.services.parties.addEventListener('member:leave', ({ detail: { member } }) => { seen.push(`${nameOf(member)}, ${member.role}, leaves`) })
      node.services.parties.addEventListener('member:role', ({ detail: { member, before, after } }) => { seen.push(`${nameOf(member)}: ${before} to ${after}, now ${member.role}`) })

      return seen
    }
    const [alices, bobsSeen, carolsSeen] = [told.alice, bob, carol].map(follow)
    const bobs = await join(party, bob, 'writer')
    await party.setRole(bob.peerId, 'admin')
    await vi.waitFor(() => { expect(bobs.role).toBe('admin') })
    const carols = await join(party, carol, 'reader')
    await join(bobs, dave, 'reader')
    await vi.waitFor(() => { expect(Object.keys(rolesOf(carols))).toHaveLength(4) })
    await party.remove(bob.peerId)
    await vi.waitFor(() => { expect(bobs.role).toBeUndefined() })
    await carols.leave()
    await vi.waitFor(() => { expect(Object.keys(rolesOf(party))).toHaveLength(2) })

    expect(alices).toEqual(['Bob joins as writer', 'Bob: writer to admin, now admin', 'Carol joins as reader', 'Dave joins as reader', 'Bob, admin, leaves', 'Carol, reader, leaves'])
    expect(bobsSeen).toEqual(alices!.slice(1, 5))
    expect(carolsSeen).toEqual(alices!.slice(3))
  })

  it('what a removed member has open of a protected protocol is closed', async () => {
    told = await story()
    const { alice, bob, party } = told
    await alice.handle('/notes/1.0.0', async (stream) => {
      const notes = lpStream(stream)
      await notes.write(await notes.read())
    })
    await party.protect('/notes/1.0.0')
    await join(party, bob, 'writer')
    const stream = await bob.dialProtocol(alice.peerId, '/notes/1.0.0')
    const closed = Promise.withResolvers<void>()
    stream.addEventListener('close', () => { closed.resolve() })
    const notes = lpStream(stream)
    await notes.write(Uint8Array.of(1))
    await notes.read()

    await party.remove(bob.peerId)
    await closed.promise
    await expect(bob.dialProtocol(alice.peerId, '/notes/1.0.0').then(async (stream) => {
      const notes = lpStream(stream)
      await notes.write(Uint8Array.of(1))
      return notes.read()
    })).rejects.toThrow()
  })

  it('an honest removal that hits an admission made beside it says so, and the member can be readopted', async () => {
    told = await story()
    const { network, alice, bob, party } = told
    const carol = await network.node()
    const bobs = await join(party, bob, 'admin')
    await bob.hangUp(alice.peerId)
    const toCarol = await bobs.invite()
    await carol.services.parties.redeem(toCarol.code).setPin(toCarol.pin)

    const voided = vi.fn()
    alice.services.parties.addEventListener('void', ({ detail }) => { voided(detail.kind, detail.reason, detail.member?.toString()) })
    await party.remove(bob.peerId)
    await connect(carol, alice)
    await vi.waitFor(() => { expect(voided).toHaveBeenCalledWith('ADMIT', expect.any(String), carol.peerId.toString()) })
    expect(rolesOf(party)[carol.peerId.toString()]).toBeUndefined()
  })
})
