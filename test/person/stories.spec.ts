import { afterEach, describe, expect, it, vi } from 'vitest'
import { createNetwork } from '../../src/testing/index.js'
import { join, wrongPin } from '../helpers/parties.js'
import type { Party } from '../../src/index.js'
import type { TestNode } from '../../src/testing/index.js'

let network = createNetwork()

afterEach(async () => {
  await network.stop()
  network = createNetwork()
})

const NAMES = ['Book club', 'Family', 'Choir']

const partiesOf = async ({ services: { parties } }: TestNode): Promise<string[]> => (await parties.list()).map(({ name }) => name).sort()
const devicesOf = ({ services: { parties: { person } } }: TestNode): string[] => person.devices.map(({ peerId }) => peerId.toString())
const personOf = (node: TestNode) => node.services.parties.person

/** The PIN of a device's invitation, typed on the new device. */
async function link (by: TestNode, device: TestNode): Promise<Party> {
  const { code, pin } = await personOf(by).invite()

  return device.services.parties.redeem(code).setPin(pin)
}

async function found (node: TestNode, names: string[]): Promise<Party[]> {
  return Promise.all(names.map(async name => node.services.parties.create({ name })))
}

describe('Alice links her laptop with a PIN', () => {
  it('it is in all three of her parties, and can invite there at once', async () => {
    const [phone, laptop] = [await network.node(), await network.node()]
    await found(phone, NAMES)
    const home = await link(phone, laptop)
    expect(home.kind).toBe('person')
    // a home says of itself what a party does
    await vi.waitFor(() => { expect(home.synced?.peer.toString()).toBe(phone.peerId.toString()) })
    await vi.waitFor(async () => { expect(await partiesOf(laptop)).toEqual([...NAMES].sort()) })
    const bob = await network.node()

    for (const party of await laptop.services.parties.list()) {
      await join(party, bob)
    }

    expect(await partiesOf(bob)).toEqual([...NAMES].sort())
    expect(devicesOf(laptop)).toEqual([laptop, phone].map(({ peerId }) => peerId.toString()))
    await vi.waitFor(() => { expect(personOf(phone).devices.map(({ missing }) => missing)).toEqual([[], []]) })
    // the words are the phone's
    await expect(personOf(laptop).recovery.words()).rejects.toMatchObject({ name: 'WordsConfirmedError' })
  })

  it('a wrong PIN links nothing', async () => {
    const [phone, laptop] = [await network.node(), await network.node()]
    const invitation = await personOf(phone).invite()
    await expect(laptop.services.parties.redeem(invitation.code).setPin(wrongPin(invitation))).rejects.toMatchObject({ attemptsLeft: 2 })
    expect([devicesOf(phone), devicesOf(laptop)]).toEqual([[phone.peerId.toString()], [laptop.peerId.toString()]])
  })

  it('and a tablet from the laptop: all three are in each other\'s parties; the home outlives restarts', async () => {
    const [phone, laptop, tablet] = [await network.node(), await network.node(), await network.node()]
    await found(phone, NAMES)
    await link(phone, laptop)
    await vi.waitFor(async () => { expect(await partiesOf(laptop)).toHaveLength(3) })
    await link(laptop, tablet)
    await vi.waitFor(async () => { expect(await partiesOf(tablet)).toHaveLength(3) })
    await network.restart(phone)
    const again = await network.restart(tablet)
    await found(again, ['Hiking'])
    await vi.waitFor(async () => { expect(await partiesOf(laptop)).toContain('Hiking') })
    expect(devicesOf(again)).toHaveLength(3)
    await expect(personOf(laptop).unlink(phone.peerId)).rejects.toMatchObject({ name: 'NotPermittedError' })
  })
})

describe('a device that has a person of its own', () => {
  it('lured into Eve\'s home, keeps its own seats for itself: none of Eve\'s keys comes there', async () => {
    const [eve, bob] = [await network.node(), await network.node()]
    const [lure] = await found(eve, ['Lure'])
    const [mine] = await found(bob, ['Bob\'s own'])
    const { recovery } = personOf(bob)
    const words = await recovery.words()
    const [one, other] = recovery.asked!
    await recovery.confirm([words[one - 1]!, words[other - 1]!])
    await link(eve, bob)
    await vi.waitFor(async () => { expect(await partiesOf(bob)).toEqual(['Bob\'s own', 'Lure']) })
    const hers = await found(eve, ['Later'])
    await vi.waitFor(async () => { expect(await partiesOf(bob)).toContain('Later') })

    expect(mine!.members.map(({ devices }) => devices.map(String))).toEqual([[bob.peerId.toString()]])
    expect(await partiesOf(eve)).toEqual(['Later', 'Lure'])
    expect([lure, hers[0]].map(party => party?.roleOf(bob.peerId))).toEqual(['owner', 'owner'])
    // his words are still those of his own seat
    const again = await network.restart(bob)
    expect(await partiesOf(again)).toEqual(['Bob\'s own', 'Later', 'Lure'])
  })

  it('does not lose words that nobody wrote down, and that a party of it needs: it says so before the PIN is used', async () => {
    const [alice, bob] = [await network.node(), await network.node()]
    const invitation = await personOf(alice).invite()
    const [mine] = await found(bob, ['Bob\'s own'])
    await expect(bob.services.parties.redeem(invitation.code).setPin(invitation.pin)).rejects.toMatchObject({ name: 'OtherPersonError' })
    expect(devicesOf(alice)).toHaveLength(1)
    await mine!.leave({ insist: true })
    await bob.services.parties.redeem(invitation.code).setPin(invitation.pin)
    await vi.waitFor(() => { expect(devicesOf(alice)).toHaveLength(2) })
    await expect(personOf(bob).recovery.words()).rejects.toMatchObject({ name: 'WordsConfirmedError' })
  })

  it('linked by two persons: the second is refused, and the first keeps it', async () => {
    const [alice, carol, tablet] = [await network.node(), await network.node(), await network.node()]
    await link(alice, tablet)
    const { code, pin } = await personOf(carol).invite()
    await expect(tablet.services.parties.redeem(code).setPin(pin)).rejects.toMatchObject({ name: 'OtherPersonError' })
    await vi.waitFor(() => { expect(devicesOf(tablet)).toHaveLength(2) })
    expect(devicesOf(carol)).toHaveLength(1)
  })
})

describe('Alice\'s laptop forgets a party, and insists', () => {
  it('it stays forgotten there, though her phone is in it, over a restart of both; the others lose nothing, and a code brings it back', async () => {
    const [phone, laptop, bob] = [await network.node(), await network.node(), await network.node()]
    const [club] = await found(phone, NAMES)
    await join(club!, bob, 'admin')
    await link(phone, laptop)
    await vi.waitFor(async () => { expect(await partiesOf(laptop)).toHaveLength(3) })
    const [bobs] = await bob.services.parties.list()
    // Bob, too: to who has not heard of the laptop it is somebody new, who types a PIN
    await vi.waitFor(() => { [club, bobs].forEach((party) => { expect(party?.members[0]?.devices).toHaveLength(2) }) })

    const forgotten = (await laptop.services.parties.list()).find(({ key }) => key === club?.key)
    await forgotten?.forget({ insist: true })
    expect(await partiesOf(laptop)).toEqual(['Choir', 'Family'])
    // what the phone says goes on: a party that is founded now comes, and the other one does not with it
    await found(phone, ['Hiking'])
    await vi.waitFor(async () => { expect(await partiesOf(laptop)).toContain('Hiking') })
    const again = await network.restart(laptop)
    const phones = await network.restart(phone)
    await found(again, ['Chess'])
    await vi.waitFor(async () => { expect(await partiesOf(phones)).toContain('Chess') })
    expect(await partiesOf(again)).toEqual(['Chess', 'Choir', 'Family', 'Hiking'])
    expect(await partiesOf(phones)).toContain('Book club')

    const { code, pin } = await bobs!.invite()
    await expect(again.services.parties.redeem(code).setPin(pin)).rejects.toMatchObject({ name: 'AlreadyMemberError' })
    await vi.waitFor(async () => { expect(await partiesOf(again)).toContain('Book club') })
  })
})
