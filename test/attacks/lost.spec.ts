/** What Bob finds who comes again before his lost stream is noticed; streams that are lost at any message: test/faults. */
import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { parseCode } from '../../src/codec/index.js'
import { CPaceInitiator } from '../../src/cpace/index.js'
import { InvitationServer } from '../../src/admission/invitation-server.js'
import { createNetwork } from '../../src/testing/index.js'
import { wrongPin } from '../helpers/parties.js'
import { knock } from '../helpers/handshake.js'
import { idOf, knockAt } from '../helpers/attackers.js'
import type { Network } from '../../src/testing/index.js'

let network: Network

beforeEach(() => { network = createNetwork() })

afterEach(async () => {
  vi.restoreAllMocks()
  await network.stop()
})

describe('Bob comes again before Alice knows that he was gone', () => {
  it('while his ADMIT is being written: he is given the Grant once it is durable, and not told that the invitation is used', async () => {
    const datastore = new MemoryDatastore()
    const alice = await network.node({ datastore })
    const party = await alice.services.parties.create({ name: 'Book club' })
    const invitation = await party.invite()
    const bob = await network.node()
    const verified = Promise.withResolvers<void>()
    const disk = Promise.withResolvers<void>()
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
    const { confirm } = CPaceInitiator.prototype
    const batch = datastore.batch.bind(datastore)
    let slow = false
    vi.spyOn(CPaceInitiator.prototype, 'confirm').mockImplementation(function (this: CPaceInitiator, ...shares) {
      slow = true
      verified.resolve()
      return confirm.apply(this, shares)
    })
    vi.spyOn(datastore, 'batch').mockImplementation(() => {
      const real = batch()
      const commit = real.commit.bind(real)
      return Object.assign(real, {
        commit: async (...options: []) => {
          if (slow) {
            await disk.promise
          }
          await commit(...options)
        }
      })
    })
    const knocked = vi.spyOn(InvitationServer.prototype, 'repeat')
    const joined = bob.services.parties.redeem(invitation.code).setPin(invitation.pin)
    await verified.promise
    // his app lost the stream and knocks anew, before Alice sees that it is gone
    const hand = await knockAt(bob, alice)
    await hand.send(knock(parseCode(invitation.code).secret, { inviter: idOf(alice.peerId), invitee: idOf(bob.peerId) }))
    await vi.waitFor(() => { expect(knocked).toHaveBeenCalledTimes(2) }, { interval: 1 })
    let durable = false
    const reply = hand.receive().then(frame => ({ type: frame.type, durable }))
    await bob.services.parties.lookup(invitation.code)
    durable = true
    disk.resolve()

    // not before it was written, and not: used by somebody
    expect(await reply).toEqual({ type: 'GRANT', durable: true })
    expect((await joined).key).toBe(party.key)
    expect(invitation.getSnapshot()).toMatchObject({ status: 'used', attemptsLeft: 3 })
  })

  it('after a wrong PIN, on a new stream, the old one still open at Alice: she serves the new one', async () => {
    const [alice, bob] = await Promise.all([network.node(), network.node()])
    const party = await alice.services.parties.create({ name: 'Book club' })
    const invitation = await party.invite()
    const { pin } = invitation
    const stale = bob.services.parties.redeem(invitation.code)
    await expect(stale.setPin(wrongPin(invitation))).rejects.toMatchObject({ name: 'WrongPinError' })
    // as after a restart of his app, or on another network: this stream stays open at her side
    const hand = await knockAt(bob, alice)
    await hand.send(knock(parseCode(invitation.code).secret, { inviter: idOf(alice.peerId), invitee: idOf(bob.peerId) }))
    expect((await hand.receive()).type).toBe('WELCOME')
    hand.stream.abort(new Error('enough'))
    await bob.services.parties.redeem(invitation.code).setPin(pin)
    expect(invitation.getSnapshot()).toMatchObject({ status: 'used', attemptsLeft: 2 })
  })
})
