import { afterEach, describe, expect, it, vi } from 'vitest'
import { connect, join, rolesOf, story } from '../helpers/parties.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Story } from '../helpers/parties.js'

let told: Story

afterEach(async () => told.network.stop())

describe('Who is no member any more is told so, and why', () => {
  it('Carol, whose admission is void since Alice removed Bob beside it', async () => {
    told = await story()
    const { network, alice, bob, party } = told
    const bobs = await join(party, bob, 'admin')
    await bob.hangUp(alice.peerId)

    const carol = await network.node()
    const carols = await join(bobs, carol)
    await carol.hangUp(bob.peerId)
    await party.remove(bob.peerId)

    const events: string[] = []
    const { parties } = carol.services
    parties.addEventListener('refused', ({ detail: { party, member, reason, because, ops } }) => {
      expect(party).toBe(carols)
      expect(member.equals(alice.peerId)).toBe(true)
      expect(ops).toHaveLength(2)
      events.push(`refused: ${reason}, ${because}`)
    })
    parties.addEventListener('void', ({ detail: { kind, reason } }) => { events.push(`void: ${kind}, ${reason}`) })
    parties.addEventListener('removed', ({ detail }) => { events.push(`removed: ${detail === carols}`) })
    await connect(carol, alice)
    await vi.waitFor(() => { expect(events).toEqual(['refused: void, author-removed', 'removed: true', 'void: INVITE, author-removed', 'void: ADMIT, author-removed']) })
    expect(carols.role).toBeUndefined()

    // nothing of it is told twice
    await carol.hangUp(alice.peerId)
    await connect(carol, alice)
    await party.readopt(carols.log.since([]).findLast(({ kind }) => kind === 'ADMIT')!.id)
    expect(Object.keys(rolesOf(party))).toContain(carol.peerId.toString())
    await vi.waitFor(() => { expect(carols.role).toBe('writer') })
    expect(events).toHaveLength(4)
  })

  it('Bob, whom Alice removed while he was away', async () => {
    told = await story()
    const { alice, bob, party } = told
    const toBob = await party.invite()
    const bobs = await bob.services.parties.redeem(toBob.code).setPin(toBob.pin)
    await vi.waitFor(() => { expect(bobs.synced).toBeDefined() })
    await bob.hangUp(alice.peerId)
    await party.remove(bob.peerId)
    const events: string[] = []
    bob.services.parties.addEventListener('refused', ({ detail: { reason, because } }) => { events.push(`refused: ${reason}, ${because}`) })
    bob.services.parties.addEventListener('removed', () => { events.push('removed') })
    await connect(bob, alice)
    await vi.waitFor(() => { expect(events).toEqual(['refused: removed, undefined', 'removed']) })
    expect(bobs.role).toBeUndefined()
  })

  it('and who is invited anew is a member at once, before the rest has come, and can prove it', async () => {
    told = await story()
    const { bob, party } = told
    const first = await party.invite()
    const bobs = await bob.services.parties.redeem(first.code).setPin(first.pin) as LocalParty
    await vi.waitFor(() => { expect(bobs.synced).toBeDefined() })
    await party.remove(bob.peerId)
    await vi.waitFor(() => { expect(bobs.role).toBeUndefined() })
    await party.invite()
    const again = await party.invite({ role: 'admin' })

    // the very moment in which the Grant is stored
    const seen: unknown[] = []
    bobs.log.addEventListener('members', () => { seen.push([bobs.role, bobs.log.synced, bobs.log.proof()?.admit != null]) }, { once: true })
    expect(await bob.services.parties.redeem(again.code).setPin(again.pin)).toBe(bobs)
    expect(seen).toEqual([['admin', false, true]])
    await vi.waitFor(() => { expect(bobs.synced).toBeDefined() })
    expect(bobs.role).toBe('admin')
  })
})
