/** A code for a member: who has the party is told so; who lost it gets it back; nothing of the invitation is used. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { AlreadyMemberError } from '../../src/index.js'
import { keyOf, linkBytes } from '../../src/log/index.js'
import { callbacks, join, story, wrongPin } from '../helpers/parties.js'
import type { Invitation, Party } from '../../src/index.js'
import type { MembershipLog } from '../../src/log/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { TestNode } from '../../src/testing/index.js'
import type { Story } from '../helpers/parties.js'

let told: Story

afterEach(async () => {
  vi.restoreAllMocks()
  await told.network.stop()
})

const logOf = (party: Party): MembershipLog => (party as LocalParty).log

/** The party itself, not one like it: `toMatchObject` would compare all that hangs on it, which is too deep for the stack at times. */
const namesParty = (party: Party) => (error: unknown): boolean => error instanceof AlreadyMemberError && error.party === party

const untouched = (invitation: Invitation): void => {
  expect(invitation.getSnapshot()).toMatchObject({ status: 'pending', attemptsLeft: 3, usedBy: [] })
}

describe('Bob is a member, and redeems another code', () => {
  it('he is told so, and which party it is, before he types a PIN', async () => {
    told = await story()
    const { bob, party } = told
    const bobs = await join(party, bob)
    const invitation = await party.invite()
    const his = callbacks()
    const redemption = bob.services.parties.redeem(invitation.code, his)
    await expect(redemption.ready()).rejects.toSatisfy(namesParty(bobs))
    expect([redemption.state, his.ends()]).toEqual(['failed', ['onError AlreadyMemberError']])
    expect(await bob.services.parties.lookup(invitation.code)).toMatchObject({ isMember: true })
    untouched(invitation)
    // and it is still for whom it was made
    const carol = await told.network.node()
    expect(await carol.services.parties.lookup(invitation.code)).not.toHaveProperty('isMember')
    await join(party, carol)
  })

  it('the same code twice at once brings one party, as one object', async () => {
    told = await story()
    const { bob, party } = told
    const added = vi.fn()
    bob.services.parties.addEventListener('party', added)
    const { code, pin } = await party.invite()
    const [one, other] = await Promise.all([1, 2].map(async () => bob.services.parties.redeem(code).setPin(pin)))
    expect(one).toBe(other)
    expect(added).toHaveBeenCalledOnce()
  })

  it('his no comes too late, where he is admitted already: told so, and not kept waiting', async () => {
    told = await story()
    const { bob, party } = told
    const { code, pin } = await party.invite()
    const redemption = bob.services.parties.redeem(code)
    const bobs = await redemption.setPin(pin)
    await expect(redemption.decline()).rejects.toSatisfy(namesParty(bobs))
  })

  it('he forgot the party, and says no to the code by which he came: told that he is in it for the others, and it does not come back', async () => {
    told = await story()
    const { bob, party } = told
    const { code, pin } = await party.invite()
    const bobs = await bob.services.parties.redeem(code).setPin(pin)
    await bobs.forget({ insist: true })
    await expect(bob.services.parties.decline(code, 'no time')).rejects.toSatisfy((err: unknown) => err instanceof AlreadyMemberError && err.party == null)
    expect(await bob.services.parties.list()).toEqual([])
    // who redeems it has it back
    expect((await bob.services.parties.redeem(code).ready())).toBeUndefined()
    expect(await bob.services.parties.list()).toHaveLength(1)
  })

  it('so is Alice, who founded it, by her admin\'s code', async () => {
    told = await story()
    const { alice, bob, party } = told
    const bobs = await join(party, bob, 'admin')
    const invitation = await bobs.invite()
    await expect(alice.services.parties.redeem(invitation.code).ready()).rejects.toSatisfy(namesParty(party))
    untouched(invitation)
  })

  it('by a device that his other one linked: told, though this one has no party', async () => {
    told = await story()
    const { network, bob, party } = told
    const bobs = await join(party, bob)
    const privateKey = await generateKeyPair('Ed25519')
    const phone = await network.node({ privateKey })
    const log = logOf(bobs)
    const { person } = log.member(log.self) ?? { person: '' }
    await log.append('LINK', { key: keyOf(phone.peerId), acceptance: await privateKey.sign(linkBytes(log.key, person, log.self)) })
    await vi.waitFor(() => { expect(logOf(party).member(keyOf(phone.peerId))?.person).toBe(person) })

    const invitation = await party.invite()
    await expect(phone.services.parties.redeem(invitation.code).ready()).rejects.toMatchObject({ name: 'AlreadyMemberError', party: undefined })
    untouched(invitation)
    expect(party.members).toHaveLength(2)
  })
})

describe('Bob lost his store, and kept his key', () => {
  async function lost (): Promise<{ party: Party, again: TestNode, carols: Party }> {
    told = await story()
    const { network, party } = told
    const privateKey = await generateKeyPair('Ed25519')
    const bob = await network.node({ privateKey })
    const carol = await network.node()
    await join(party, bob)
    const carols = await join(party, carol, 'admin')
    await bob.stop()

    return { party, again: await network.node({ privateKey }), carols }
  }

  it('any code and its PIN bring the party back: as whom he was, with nothing used, and nobody asked', async () => {
    const { party, again, carols } = await lost()
    const approve = vi.fn(() => false)
    const invitation = await party.invite({ approve, role: 'reader' })
    const redemption = again.services.parties.redeem(invitation.code)
    expect(await redemption.ready()).toMatchObject({ isMember: true, approval: false })
    const back = await redemption.setPin(invitation.pin)

    await vi.waitFor(() => { expect(logOf(back).heads).toEqual(logOf(party).heads) })
    expect([back.role, back.members.length]).toEqual(['writer', 3])
    expect(approve).not.toHaveBeenCalled()
    untouched(invitation)
    expect([party.members.length, carols.members.length]).toEqual([3, 3])
    // and what he does next goes on where he was
    const forks = vi.fn()
    told.alice.services.parties.addEventListener('fork', forks)
    await back.leave()
    await vi.waitFor(() => { expect(party.members).toHaveLength(2) })
    expect(forks).not.toHaveBeenCalled()
  })

  it('also an admin\'s who did not invite him', async () => {
    const { party, again, carols } = await lost()
    const invitation = await carols.invite()
    const back = await again.services.parties.redeem(invitation.code).setPin(invitation.pin)
    await vi.waitFor(() => { expect(logOf(back).heads).toEqual(logOf(party).heads) })
    expect(back.members).toHaveLength(3)
    untouched(invitation)
  })

  it('a wrong PIN is one guess of the three, as anybody\'s', async () => {
    const { party, again } = await lost()
    const invitation = await party.invite()
    const redemption = again.services.parties.redeem(invitation.code)
    await expect(redemption.setPin(wrongPin(invitation))).rejects.toMatchObject({ name: 'WrongPinError', attemptsLeft: 2 })
    await redemption.setPin(invitation.pin)
    expect(invitation.getSnapshot()).toMatchObject({ status: 'pending', attemptsLeft: 2, usedBy: [] })
  })

  it('and is removed while he types: he is told, and nothing is used', async () => {
    const { party, again } = await lost()
    const invitation = await party.invite()
    const redemption = again.services.parties.redeem(invitation.code)
    await redemption.ready()
    await party.remove(again.peerId)
    await expect(redemption.setPin(invitation.pin)).rejects.toMatchObject({ name: 'InvitationUsedError' })
    expect(await again.services.parties.list()).toEqual([])
    untouched(invitation)
  })
})

describe('Alice lost the store of the party that she founded', () => {
  it('her admin\'s code brings it back, under its new name; she owns it, and goes on where she was', async () => {
    told = await story()
    const { network, bob } = told
    const privateKey = await generateKeyPair('Ed25519')
    const alice = await network.node({ privateKey })
    const party = await alice.services.parties.create({ name: 'Chess' })
    const bobs = await join(party, bob, 'admin')
    await logOf(party).append('INFO', { name: 'Chess and Go' })
    await vi.waitFor(() => { expect(bobs.name).toBe('Chess and Go') })
    await alice.stop()

    const invitation = await bobs.invite()
    const again = await network.node({ privateKey })
    const back = await again.services.parties.redeem(invitation.code).setPin(invitation.pin)
    await vi.waitFor(() => { expect(logOf(back).heads).toEqual(logOf(bobs).heads) })
    expect(back).toMatchObject({ key: party.key, name: 'Chess and Go', role: 'owner' })
    untouched(invitation)
    const forks = vi.fn()
    bob.services.parties.addEventListener('fork', forks)
    const { id } = await back.invite()
    await vi.waitFor(() => { expect(logOf(bobs).has(id)).toBe(true) })
    expect(forks).not.toHaveBeenCalled()
  })
})
