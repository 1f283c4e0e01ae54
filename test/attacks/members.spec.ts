/** Who is let in, how many, and who is not let in again. */
import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createNetwork } from '../../src/testing/index.js'
import { callbacks } from '../helpers/parties.js'
import { knockAt, nameOf, stranger, unharmed } from '../helpers/attackers.js'
import type { Network } from '../../src/testing/index.js'

let network: Network

beforeEach(() => { network = createNetwork() })

afterEach(async () => {
  vi.restoreAllMocks()
  await network.stop()
})

describe('uses', () => {
  it('twelve guests with the right PIN and five uses: five are in, the others are told that it is used', async () => {
    const alice = await network.node()
    const party = await alice.services.parties.create({ name: 'Book club' })
    const mine = callbacks()
    const invitation = await party.invite({ ...mine, uses: 5 })
    const { code, pin } = invitation
    const guests = await Promise.all(Array.from({ length: 12 }, async () => network.node()))
    const ends = await Promise.all(guests.map(async guest => nameOf(guest.services.parties.redeem(code).setPin(pin))))

    expect(ends.filter(end => end === 'joined')).toHaveLength(5)
    expect(ends.filter(end => end === 'InvitationUsedError')).toHaveLength(7)
    expect(party.members).toHaveLength(6)
    expect(invitation.getSnapshot()).toMatchObject({ status: 'used', attemptsLeft: 3 })
    await vi.waitFor(() => { expect(mine.ends()).toEqual(['onDone']) })
    expect(mine.joins).toHaveLength(5)
    await unharmed(network, party)
  })

  it('Bob on two streams of one node at once: one use, one op', async () => {
    const [alice, bob] = await Promise.all([network.node(), network.node()])
    const party = await alice.services.parties.create({ name: 'Book club' })
    const invitation = await party.invite({ uses: 3 })
    const { code, pin } = invitation
    const windows = [bob.services.parties.redeem(code), bob.services.parties.redeem(code)]
    expect(await Promise.all(windows.map(async window => nameOf(window.setPin(pin))))).toEqual(['joined', 'joined'])
    expect(invitation.getSnapshot().usedBy.map(String)).toEqual([bob.peerId.toString()])
    expect(party.members).toHaveLength(2)
  })
})

describe('Bob was removed', () => {
  it('his old code with a use left does not bring him back, with or without the PIN', async () => {
    const [alice, bob] = await Promise.all([network.node(), network.node()])
    const party = await alice.services.parties.create({ name: 'Book club' })
    const invitation = await party.invite({ uses: 2 })
    await bob.services.parties.redeem(invitation.code).setPin(invitation.pin)
    await party.remove(bob.peerId)
    expect(party.members).toHaveLength(1)
    expect(await nameOf(bob.services.parties.redeem(invitation.code).setPin(invitation.pin))).toBe('InvitationUsedError')
    expect(invitation.getSnapshot()).toMatchObject({ status: 'pending', attemptsLeft: 3 })
    expect(party.members.map(({ peerId }) => peerId.toString())).toEqual([alice.peerId.toString()])
  })
})

describe('Alice\'s disk fails', () => {
  it('while Bob\'s ADMIT is written: nobody is in, and Bob comes again by himself: once it works he is in', async () => {
    const datastore = new MemoryDatastore()
    const alice = await network.node({ datastore })
    const bob = await network.node()
    const party = await alice.services.parties.create({ name: 'Book club' })
    const invitation = await party.invite()
    const { pin } = invitation
    const redemption = bob.services.parties.redeem(invitation.code)
    await redemption.ready()
    const batch = datastore.batch.bind(datastore)
    let writes = 0
    // the first write is the count, the second the ADMIT
    vi.spyOn(datastore, 'batch').mockImplementation(() => ++writes === 2
      ? Object.assign(batch(), { commit: async () => { throw new Error('disk full') } })
      : batch())
    expect(await nameOf(redemption.setPin(pin))).toBe('joined')
    expect(writes).toBeGreaterThan(2)
    expect(party.members).toHaveLength(2)
    // a right guess is none
    expect(invitation.getSnapshot()).toMatchObject({ status: 'used', attemptsLeft: 3 })
    expect(invitation.getSnapshot().usedBy.map(String)).toEqual([bob.peerId.toString()])
  })

  it('so that her parties cannot be read: a guest\'s stream ends at once', async () => {
    const datastore = new MemoryDatastore()
    vi.spyOn(datastore, 'query').mockImplementation(() => { throw new Error('disk') })
    const alice = await network.node({ datastore })
    const eve = await stranger()
    const hand = await knockAt(eve, alice)
    await hand.send(new Uint8Array(10)).catch(() => {})
    expect(['a REFUSAL', 'ended']).toContain(await hand.ended())
    await eve.stop()
  })
})
