/** Streams lost at every frame, and what Bob finds when he comes again. */
import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { parseCode } from '../../src/codec/index.js'
import { decodeFrame } from '../../src/invitation/frames.js'
import { CPaceInitiator } from '../../src/cpace/index.js'
import { Door } from '../../src/admission/door.js'
import { FrameStream } from '../../src/admission/connection/frame-stream.js'
import { createNetwork } from '../../src/testing/index.js'
import { callbacks, wrongPin } from '../helpers/parties.js'
import { knock } from '../helpers/handshake.js'
import { idOf, knockAt } from '../helpers/attackers.js'
import type { Party } from '../../src/index.js'
import type { Network } from '../../src/testing/index.js'
import type { PeerId } from '@libp2p/interface'

let network: Network

beforeEach(() => { network = createNetwork() })

afterEach(async () => {
  vi.restoreAllMocks()
  await network.stop()
})

/** The op by which this log admitted a member. */
function admitOf (party: Party, peer: PeerId): string | undefined {
  const { log } = party as unknown as { log: { member: (key: string) => { admit?: string } | undefined } }
  const raw = peer.publicKey?.raw ?? new Uint8Array()

  return log.member([...raw].map(byte => byte.toString(16).padStart(2, '0')).join(''))?.admit
}

type Moment = 'instead of sending' | 'right after sending' | 'right after receiving'

/** Cuts the first stream on which this frame shows. */
function cutAt (type: string, moment: Moment): () => boolean {
  let cut = false
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const { send, receive } = FrameStream.prototype
  const abort = (wire: FrameStream): void => {
    cut = true
    wire.abort(new Error('cut'))
  }

  vi.spyOn(FrameStream.prototype, 'send').mockImplementation(async function (this: FrameStream, frame, signal) {
    const now = !cut && decodeFrame(frame).type === type
    if (now && moment === 'instead of sending') {
      abort(this)
    }
    await send.call(this, frame, signal)
    if (now && moment === 'right after sending') {
      abort(this)
    }
  })
  vi.spyOn(FrameStream.prototype, 'receive').mockImplementation(async function (this: FrameStream, timeout, signal) {
    const frame = await receive.call(this, timeout, signal)
    if (!cut && moment === 'right after receiving' && decodeFrame(frame).type === type) {
      abort(this)
    }
    return frame
  })

  return () => cut
}

/** As a person does: types, and types again what may have been lost. */
async function join (redemption: { setPin: (pin: string) => Promise<Party> }, pin: string): Promise<Party> {
  return redemption.setPin(pin).catch(async (err: unknown) => {
    expect((err as Error).name).toBe('WrongPinError')
    return redemption.setPin(pin)
  })
}

describe('the stream is lost', () => {
  for (const type of ['KNOCK', 'WELCOME', 'ANSWER', 'GRANT', 'ACK']) {
    for (const moment of ['instead of sending', 'right after sending', 'right after receiving'] as const) {
      it(`${moment} the ${type}: Bob is admitted once, by one op, and no attempt is lost`, async () => {
        const [alice, bob] = await Promise.all([network.node(), network.node()])
        const party = await alice.services.parties.create({ name: 'Book club' })
        const mine = callbacks()
        const invitation = await party.invite({ ...mine })
        const happened = cutAt(type, moment)
        const his = callbacks()
        const joined = await join(bob.services.parties.redeem(invitation.code, { ...his }), invitation.pin)

        await vi.waitFor(() => { expect(mine.ends()).toEqual(['onDone']) })
        expect(happened()).toBe(true)
        expect(his.ends()).toEqual(['onDone'])
        expect(party.members.filter(({ peerId }) => peerId.equals(bob.peerId))).toHaveLength(1)
        expect(invitation.getSnapshot()).toMatchObject({ status: 'used', attemptsLeft: 3 })
        expect(invitation.getSnapshot().usedBy.map(String)).toEqual([bob.peerId.toString()])
        expect(admitOf(joined, bob.peerId)).toBe(admitOf(party, bob.peerId))
        expect(admitOf(party, bob.peerId)).toBeDefined()
      })
    }
  }

  for (const moment of ['instead of sending', 'right after sending', 'right after receiving'] as const) {
    it(`${moment} the RETRY: the wrong PIN stays counted, once, and the right one still lets Bob in`, async () => {
      const [alice, bob] = await Promise.all([network.node(), network.node()])
      const party = await alice.services.parties.create({ name: 'Book club' })
      const invitation = await party.invite()
      const { pin } = invitation
      cutAt('RETRY', moment)
      const redemption = bob.services.parties.redeem(invitation.code)
      await expect(redemption.setPin(wrongPin(invitation))).rejects.toMatchObject({ name: 'WrongPinError', attemptsLeft: 2 })
      await redemption.setPin(pin)
      expect(invitation.getSnapshot()).toMatchObject({ status: 'used', attemptsLeft: 2 })
      expect(party.members).toHaveLength(2)
    })
  }
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
    const knocked = vi.spyOn(Door.prototype, 'repeat')
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
