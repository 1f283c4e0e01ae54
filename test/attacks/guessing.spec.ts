/** Who guesses the PIN, and who collects guesses. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { parseCode } from '../../src/codec/index.js'
import { CPaceInitiator } from '../../src/cpace/index.js'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import { callbacks, wrongPin } from '../helpers/parties.js'
import { codeNaming, idOf, knockAt, lies, nameOf, stranger, unharmed } from '../helpers/attackers.js'
import { knock } from '../helpers/handshake.js'
import type { Network } from '../../src/testing/index.js'

let network: Network

beforeEach(() => { network = createNetwork() })

afterEach(async () => {
  vi.restoreAllMocks()
  await network.stop()
})

describe('guests who guess', () => {
  it('Bob types a wrong PIN, then the right one: he is in, and Alice was told', async () => {
    const [alice, bob] = await Promise.all([network.node(), network.node()])
    const party = await alice.services.parties.create({ name: 'Book club' })
    const mine = callbacks()
    const invitation = await party.invite(mine)
    const redemption = bob.services.parties.redeem(invitation.code)
    await expect(redemption.setPin(wrongPin(invitation))).rejects.toMatchObject({ name: 'WrongPinError', attemptsLeft: 2 })
    expect(redemption.state).toBe('pin-required')
    const joined = await redemption.setPin(invitation.pin)
    await vi.waitFor(() => { expect(mine.ends()).toEqual(['onDone']) })
    expect(joined.members).toHaveLength(2)
    expect(mine.failed).toEqual([2])
    expect(invitation.getSnapshot()).toMatchObject({ status: 'used', attemptsLeft: 2 })
  })

  it('20 at once, all wrong: 3 guesses are verified, then it is locked, also after a restart', async () => {
    const disk = { datastore: new MemoryDatastore(), privateKey: await generateKeyPair('Ed25519') }
    const alice = await network.node(disk)
    const party = await alice.services.parties.create({ name: 'Book club' })
    const mine = callbacks()
    const invitation = await party.invite({ ...mine })
    const { id } = invitation
    const verified = vi.spyOn(CPaceInitiator.prototype, 'confirm')
    const guests = await Promise.all(Array.from({ length: 20 }, async () => network.node()))
    const ends = await Promise.all(guests.map(async (guest, nth) => nameOf(guest.services.parties.redeem(invitation.code).setPin(wrongPin(invitation, nth + 1)))))

    expect(verified).toHaveBeenCalledTimes(3)
    expect(ends.filter(name => name === 'joined')).toEqual([])
    expect(ends.filter(name => name === 'WrongPinError').length).toBeLessThanOrEqual(3)
    expect(new Set(ends)).toEqual(new Set(['WrongPinError', 'InvitationLockedError']))
    expect(invitation.status).toBe('locked')
    expect(mine.failed).toEqual([2, 1, 0])
    await vi.waitFor(() => { expect(mine.ends()).toEqual(['onError InvitationLockedError']) })
    await unharmed(network, party)
    const after = verified.mock.calls.length

    await alice.stop()
    const again = await network.node(disk)
    const stored = (await again.services.parties.open(party.key)).invitations.get(id)
    expect(stored?.getSnapshot()).toMatchObject({ status: 'locked', attemptsLeft: 0 })
    expect(stored?.pin).toBe('')
    const late = await network.node()
    await late.dial(again.getMultiaddrs())
    expect(await nameOf(late.services.parties.redeem(invitation.code).setPin(wrongPin(invitation)))).toBe('InvitationLockedError')
    expect(verified.mock.calls.length).toBe(after)
  })

  it('with wrong guesses of Eve in between, Bob\'s right PIN still counts: attempts are the invitation\'s, not a peer\'s', async () => {
    const [alice, bob, eve] = await Promise.all([network.node(), network.node(), network.node()])
    const party = await alice.services.parties.create({ name: 'Book club' })
    const invitation = await party.invite()
    const { pin } = invitation
    const waiting = bob.services.parties.redeem(invitation.code)
    await waiting.ready()
    const guessing = eve.services.parties.redeem(invitation.code)
    await expect(guessing.setPin(wrongPin(invitation, 1))).rejects.toMatchObject({ attemptsLeft: 2 })
    await expect(guessing.setPin(wrongPin(invitation, 2))).rejects.toMatchObject({ attemptsLeft: 1 })
    await waiting.setPin(pin)
    expect(await nameOf(guessing.setPin(pin))).toBe('InvitationUsedError')
    expect(party.members.map(({ peerId }) => peerId.toString())).toEqual([alice.peerId.toString(), bob.peerId.toString()])
    await unharmed(network, party)
  })

  it('a crowd of 70 reads the PIN box and leaves: a link of 200 uses stays open, and no guess is spent', async () => {
    const alice = await network.node()
    const party = await alice.services.parties.create({ name: 'Book club', kind: 'community' })
    const invitation = await party.invite({ uses: 200 })
    const crowd = await Promise.all(Array.from({ length: 70 }, async () => network.node()))
    const visits = crowd.map(visitor => visitor.services.parties.redeem(invitation.code))
    await Promise.all(visits.map(async visit => visit.ready()))
    await Promise.all(visits.map(async visit => visit.cancel()))
    await vi.waitFor(() => { expect(invitation.getSnapshot()).toMatchObject({ guests: 0, status: 'pending', attemptsLeft: 3 }) })
    await crowd[0]?.services.parties.redeem(invitation.code).setPin(invitation.pin)
    expect(party.members).toHaveLength(2)
  })

  it('Eve opens sessions and never answers: 16 an hour, and not one guess; Bob comes in meanwhile; previews cost nothing', async () => {
    const clock = new FakeClock()
    const [alice, bob, eve] = await Promise.all([network.node({ clock }), network.node({ clock }), network.node({ clock, connectTimeout: 0 })])
    const party = await alice.services.parties.create({ name: 'Book club' })
    const invitation = await party.invite({ uses: 2, expiration: 'never' })
    const verified = vi.spyOn(CPaceInitiator.prototype, 'confirm')
    const hand = async (): Promise<string> => {
      const hand = await knockAt(eve, alice)
      await hand.send(knock(parseCode(invitation.code).secret, { inviter: idOf(alice.peerId), invitee: idOf(eve.peerId) }))
      const { type } = await hand.receive()
      hand.stream.abort(new Error('enough'))
      await vi.waitFor(() => { expect(invitation.getSnapshot().guests).toBe(0) }, { interval: 1 })

      return type
    }

    for (let look = 0; look < 70; look++) {
      await bob.services.parties.lookup(invitation.code)
    }

    for (let nth = 0; nth < 16; nth++) {
      expect(await hand()).toBe('WELCOME')
    }

    expect(await hand()).toBe('REFUSAL')
    expect(verified).not.toHaveBeenCalled()
    expect(invitation.getSnapshot()).toMatchObject({ status: 'pending', attemptsLeft: 3 })
    await bob.services.parties.redeem(invitation.code).setPin(invitation.pin)
    clock.advance(3_600_000)
    expect(await hand()).toBe('WELCOME')
    expect(invitation.getSnapshot()).toMatchObject({ status: 'pending', attemptsLeft: 3 })
  })

  it('eight who sit at the PIN box and do nothing give way to the ninth; whose place was taken comes again with its PIN', async () => {
    const clock = new FakeClock()
    const alice = await network.node({ clock })
    const party = await alice.services.parties.create({ name: 'Book club' })
    const invitation = await party.invite({ uses: 2 })
    const { code, pin } = invitation
    const sitting = await Promise.all(Array.from({ length: 8 }, async () => (await network.node({ clock })).services.parties.redeem(code)))
    await Promise.all(sitting.map(async each => each.ready()))
    expect(invitation.getSnapshot().guests).toBe(8)
    clock.advance(10_000)
    const bob = await network.node({ clock })
    await bob.services.parties.redeem(code).setPin(pin)
    // the first to come was the one to go
    await sitting[0]?.setPin(pin)
    expect(party.members).toHaveLength(3)
    expect(invitation.getSnapshot()).toMatchObject({ status: 'used', attemptsLeft: 3 })
  })
})

describe('a lying inviter', () => {
  it('"wrong, 99 left": collects 3 PINs, also across a restart of Bob and a second try of the code', async () => {
    const eve = await stranger()
    const secret = new Uint8Array(16).fill(7)
    const answers = await lies(eve, { secret })
    const code = codeNaming(eve, '', secret)
    const disk = { datastore: new MemoryDatastore(), privateKey: await generateKeyPair('Ed25519') }
    const bob = await network.node(disk)
    const redemption = bob.services.parties.redeem(code)
    await expect(redemption.setPin('111111')).rejects.toMatchObject({ name: 'WrongPinError' })
    await expect(redemption.setPin('222222')).rejects.toMatchObject({ name: 'WrongPinError' })
    await bob.stop()

    const again = await network.node(disk)
    const second = again.services.parties.redeem(code)
    await expect(second.setPin('333333')).rejects.toMatchObject({ name: 'InvitationLockedError' })
    expect(answers).toHaveLength(3)

    for (const pin of ['444444', '555555']) {
      await expect(again.services.parties.redeem(code).setPin(pin)).rejects.toMatchObject({ name: 'InvitationLockedError' })
    }

    await again.stop()
    const third = await network.node(disk)
    await expect(third.services.parties.redeem(code).setPin('666666')).rejects.toMatchObject({ name: 'InvitationLockedError' })
    expect(answers).toHaveLength(3)
    await eve.stop()
  })

  it('to whom Bob comes with one code in six windows at once: still 3', async () => {
    const eve = await stranger()
    const secret = new Uint8Array(16).fill(8)
    const answers = await lies(eve, { secret })
    const bob = await network.node()
    const windows = Array.from({ length: 6 }, () => bob.services.parties.redeem(codeNaming(eve, '', secret)))
    await Promise.all(windows.map(async window => window.ready()))
    await Promise.all(windows.map(async (window, nth) => nameOf(window.setPin(`${nth}${nth}${nth}${nth}${nth}${nth}`))))
    expect(answers.length).toBeLessThanOrEqual(3)
    await eve.stop()
  })

  it('who drops the stream after each Answer: the same PIN goes out at most 3 times, and Bob is told', async () => {
    const eve = await stranger()
    const secret = new Uint8Array(16).fill(9)
    let dropped = 0
    const answers = await lies(eve, { secret, grant: () => { throw new Error('never') } })
    const push = answers.push.bind(answers)
    answers.push = (...received) => {
      push(...received)
      dropped++
      eve.getConnections().forEach(connection => { connection.abort(new Error('dropped')) })
      return answers.length
    }
    const bob = await network.node()
    await expect(bob.services.parties.redeem(codeNaming(eve, '', secret)).setPin('123123')).rejects.toMatchObject({ name: 'InvitationLockedError' })
    expect(dropped).toBe(3)
    await eve.stop()
  })

  it('without the code\'s secret: Bob sees it before he types anything', async () => {
    const alice = await network.node()
    const party = await alice.services.parties.create({ name: 'Book club' })
    const invitation = await party.invite()
    const eve = await stranger()
    const answers = await lies(eve, { secret: new Uint8Array(16).fill(1) })
    const bob = await network.node()
    // Eve's machine finds every id, but holds another secret
    await expect(bob.services.parties.redeem(codeNaming(eve, invitation.code)).ready()).rejects.toMatchObject({ name: 'InvitationNotFoundError' })
    await expect(bob.services.parties.lookup(codeNaming(eve, invitation.code))).rejects.toMatchObject({ name: 'InvitationNotFoundError' })
    expect(answers).toHaveLength(0)
    expect(parseCode(invitation.code).inviter.equals(alice.peerId)).toBe(true)
    await unharmed(network, party)
    await eve.stop()
  })
})
