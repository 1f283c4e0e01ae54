import { afterEach, describe, expect, it, vi } from 'vitest'
import { FailingStore, FakeClock } from '../../src/testing/index.js'
import { callbacks, story, wrongPin } from '../helpers/parties.js'
import type { Remembered, Story } from '../helpers/parties.js'
import type { Invitation, Redemption } from '../../src/index.js'

let told: Story

afterEach(async () => told.network.stop())

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Bob sits at the PIN; Alice's page is loaded again, which has lost him. */
async function reloaded (): Promise<{ clock: FakeClock, invitation: Invitation, redemption: Redemption, bobs: Remembered }> {
  const clock = new FakeClock()
  told = await story({ clock })
  const { network, alice, bob, party } = told
  const bobs = callbacks()
  const { id, code } = await party.invite()
  const redemption = bob.services.parties.redeem(code, bobs)
  await redemption.ready()
  network.kill(alice)
  const again = await network.restart(alice)
  const invitation = (await again.services.parties.open(party.key)).invitations.get(id)

  if (invitation == null) {
    throw new Error('The invitation is not open any more')
  }

  return { clock, invitation, redemption, bobs }
}

describe('Each side is told its end, once', () => {
  it('done', async () => {
    told = await story()
    const [mine, bobs] = [callbacks(), callbacks()]
    const invitation = await told.party.invite(mine)
    await told.bob.services.parties.redeem(invitation.code, bobs).setPin(invitation.pin)

    await vi.waitFor(() => { expect(mine.ends()).toEqual(['onDone']) })
    expect(bobs.ends()).toEqual(['onDone'])
    expect(mine.joins.map(({ party, member }) => [party.key, member.role, member.peerId.toString()])).toEqual([[told.party.key, 'writer', told.bob.peerId.toString()]])

    const late = callbacks()
    invitation.on(late)
    await told.network.stop()
    expect([mine.ends(), bobs.ends(), late.ends()]).toEqual([['onDone'], ['onDone'], ['onDone']])
  })

  it('cancelled by Alice: Bob, at the PIN, is told that it was revoked', async () => {
    told = await story()
    const [mine, bobs] = [callbacks(), callbacks()]
    const invitation = await told.party.invite(mine)
    const redemption = told.bob.services.parties.redeem(invitation.code, bobs)
    await redemption.ready()
    await invitation.cancel()
    await invitation.cancel()

    await vi.waitFor(() => { expect(bobs.ends()).toEqual(['onError InvitationRevokedError']) })
    expect(mine.ends()).toEqual(['onError InvitationRevokedError'])
    expect(redemption.state).toBe('failed')
    await expect(redemption.setPin(invitation.pin)).rejects.toMatchObject({ name: 'InvitationRevokedError' })
    await expect(told.bob.services.parties.lookup(invitation.code)).rejects.toMatchObject({ name: 'InvitationRevokedError' })
  })

  it('cancelled by Alice, whose page was loaded again while Bob sat at the PIN: he is told, without typing it', async () => {
    const { invitation, redemption, bobs, clock } = await reloaded()
    await vi.waitFor(() => {
      clock.advance(1_000)
      expect(invitation.getSnapshot().guests).toBe(1)
    })
    expect(redemption.state).toBe('pin-required')
    await invitation.cancel()
    await vi.waitFor(() => { expect(bobs.ends()).toEqual(['onError InvitationRevokedError']) })
    expect(redemption.state).toBe('failed')
  })

  it('declined by Bob in the moment in which he looks for Alice, whose page was loaded again: she is told', async () => {
    const { invitation, redemption, clock } = await reloaded()
    clock.advance(1_000)
    await redemption.decline('no time')
    expect(redemption.state).toBe('declined')
    await vi.waitFor(() => { expect(invitation.status).toBe('declined') })
  })

  it('declined by Bob while Alice is away: he is not told that she knows, and her invitation stays open', async () => {
    const clock = new FakeClock()
    told = await story({ clock })
    const bobs = callbacks()
    const { id, code } = await told.party.invite()
    const redemption = told.bob.services.parties.redeem(code, bobs)
    await redemption.ready()
    told.network.kill(told.alice)
    const declining = redemption.decline('no time')
    const heard = expect(declining).rejects.toMatchObject({ name: 'InviterUnreachableError' })
    await vi.waitFor(() => {
      clock.advance(1_000)
      expect(bobs.ends()).toEqual(['onError InviterUnreachableError'])
    })
    await heard
    expect(redemption.state).toBe('failed')
    const again = await told.network.restart(told.alice)
    expect((await again.services.parties.open(told.party.key)).invitations.get(id)?.status).toBe('pending')
  })

  it('cancelled by Bob: Alice\'s invitation stays open', async () => {
    told = await story()
    const bobs = callbacks()
    const invitation = await told.party.invite()
    const redemption = told.bob.services.parties.redeem(invitation.code, bobs)
    await redemption.ready()
    await redemption.cancel()
    await vi.waitFor(() => { expect(bobs.ends()).toEqual(['onError AbortError']) })

    expect(redemption.state).toBe('cancelled')
    expect(invitation.status).toBe('pending')
    await expect(told.bob.services.parties.redeem(invitation.code).setPin(invitation.pin)).resolves.toMatchObject({ key: told.party.key })
  })

  it('cancelled by Bob\'s signal', async () => {
    told = await story()
    const bobs = callbacks()
    const controller = new AbortController()
    const redemption = told.bob.services.parties.redeem((await told.party.invite()).code, { ...bobs, signal: controller.signal })
    await redemption.ready()
    controller.abort()
    await vi.waitFor(() => { expect(bobs.ends()).toEqual(['onError AbortError']) })
    expect(redemption.state).toBe('cancelled')
  })

  it('declined by Bob: Alice is told', async () => {
    told = await story()
    const [mine, bobs] = [callbacks(), callbacks()]
    const invitation = await told.party.invite(mine)
    const redemption = told.bob.services.parties.redeem(invitation.code, bobs)
    await redemption.decline('not my books')

    await vi.waitFor(() => { expect(mine.ends()).toEqual(['onError InvitationDeclinedError']) })
    expect(bobs.ends()).toEqual(['onError InvitationDeclinedError'])
    expect([invitation.status, redemption.state]).toEqual(['declined', 'declined'])
  })

  it('locked after three wrong PINs', async () => {
    told = await story()
    const [mine, bobs] = [callbacks(), callbacks()]
    const invitation = await told.party.invite(mine)
    const redemption = told.bob.services.parties.redeem(invitation.code, bobs)

    await expect(redemption.setPin(wrongPin(invitation))).rejects.toMatchObject({ name: 'WrongPinError', attemptsLeft: 2 })
    expect(redemption.getSnapshot()).toMatchObject({ state: 'pin-required', attemptsLeft: 2, error: { name: 'WrongPinError' } })
    await expect(redemption.setPin(wrongPin(invitation, 2))).rejects.toMatchObject({ name: 'WrongPinError', attemptsLeft: 1 })
    await expect(redemption.setPin(wrongPin(invitation, 3))).rejects.toMatchObject({ name: 'InvitationLockedError' })

    await vi.waitFor(() => { expect(mine.ends()).toEqual(['onError InvitationLockedError']) })
    expect(bobs.ends()).toEqual(['onError InvitationLockedError'])
    expect(mine.failed).toEqual([2, 1, 0])
    expect(invitation.status).toBe('locked')
  })

  it('locked, also where the disk fails at the very last guess', async () => {
    const datastore = new FailingStore()
    told = await story({ datastore })
    const mine = callbacks()
    const invitation = await told.party.invite({ ...mine, attempts: 1 })
    const redemption = told.bob.services.parties.redeem(invitation.code)
    await redemption.ready()
    datastore.fail({ after: 1, below: '/plus-one' }) // the attempt's is written; the lock's fails
    await expect(redemption.setPin(wrongPin(invitation))).rejects.toMatchObject({ name: 'InvitationLockedError' })
    await vi.waitFor(() => { expect(mine.ends()).toEqual(['onError InvitationLockedError']) })
    expect(invitation.status).toBe('locked')
  })

  it.each([1, 3])('done, though Alice\'s disk is full as she lets Bob in, at his last guess of %i: it was right, so it is none', async (attempts) => {
    const datastore = new FailingStore()
    told = await story({ datastore })
    const bobs = callbacks()
    const invitation = await told.party.invite({ attempts, uses: 2 })
    const redemption = told.bob.services.parties.redeem(invitation.code, bobs)
    await redemption.ready()
    datastore.fail({ after: 1, times: 2, below: '/plus-one' }) // the attempt's is written; neither the ADMIT is, nor at first that it came back
    await redemption.setPin(invitation.pin)
    expect(bobs.ends()).toEqual(['onDone'])
    expect(bobs.failed).toEqual([])
    expect(invitation.getSnapshot()).toMatchObject({ status: 'pending', attemptsLeft: attempts })
    expect((await told.network.restart(told.alice).then(async node => node.services.parties.open(told.party.key))).invitations.get(invitation.id)?.getSnapshot()).toMatchObject({ attemptsLeft: attempts })
  })

  it('when a node stops', async () => {
    told = await story()
    const [mine, bobs] = [callbacks(), callbacks()]
    const invitation = await told.party.invite(mine)
    const redemption = told.bob.services.parties.redeem(invitation.code, bobs)
    await redemption.ready()
    await told.bob.stop()
    await vi.waitFor(() => { expect(bobs.ends()).toEqual(['onError AbortError']) })
    await told.alice.stop()

    expect(mine.ends()).toEqual(['onError AbortError'])
    expect(invitation.status).toBe('pending')
  })

  it('when Alice\'s node stops before Bob\'s Ack came: he is in the log, so it is done', async () => {
    told = await story()
    const mine = callbacks()
    const invitation = await told.party.invite(mine)
    const stopped = Promise.withResolvers<void>()
    invitation.subscribe(() => {
      if (invitation.status === 'used') {
        Promise.resolve(told.alice.stop()).then(stopped.resolve, stopped.reject)
      }
    })
    told.bob.services.parties.redeem(invitation.code).setPin(invitation.pin).catch(() => {})
    await stopped.promise
    expect(mine.ends()).toEqual(['onDone'])
  })

  it('a callback that throws harms nobody', async () => {
    told = await story()
    const reported = vi.spyOn(console, 'error').mockImplementation(() => {})
    vi.stubGlobal('reportError', undefined)
    const invitation = await told.party.invite({ onDone: () => { throw new Error('Alice\'s app') } })
    const party = await told.bob.services.parties.redeem(invitation.code, { onDone: () => { throw new Error('Bob\'s app') } }).setPin(invitation.pin)

    expect(party.key).toBe(told.party.key)
    await vi.waitFor(() => { expect(reported).toHaveBeenCalledTimes(2) })
    vi.unstubAllGlobals()
    reported.mockRestore()
  })
})

describe('An invitation expires', () => {
  it('after an hour by default, on both sides', async () => {
    const clock = new FakeClock()
    told = await story({ clock })
    const [mine, bobs] = [callbacks(), callbacks()]
    const invitation = await told.party.invite(mine)
    clock.advance(HOUR - 1)
    expect(invitation.status).toBe('pending')

    const redemption = told.bob.services.parties.redeem(invitation.code, bobs)
    await redemption.ready()
    clock.advance(1)
    await vi.waitFor(() => { expect(bobs.ends()).toEqual(['onExpiration']) })
    expect(mine.ends()).toEqual(['onExpiration'])
    expect([invitation.status, redemption.state]).toEqual(['expired', 'expired'])
    await expect(told.bob.services.parties.lookup(invitation.code)).rejects.toMatchObject({ name: 'InvitationExpiredError' })
  })

  it('after 60 days, past what setTimeout can count', async () => {
    const clock = new FakeClock()
    told = await story({ clock })
    const mine = callbacks()
    const invitation = await told.party.invite({ ...mine, expiration: new Date(clock.now() + 60 * DAY) })
    clock.advance(60 * DAY - 1)
    await Promise.resolve()
    expect(invitation.status).toBe('pending')
    clock.advance(1)
    await vi.waitFor(() => { expect(mine.ends()).toEqual(['onExpiration']) })
  })

  it('never, when only that is asked for', async () => {
    const clock = new FakeClock()
    told = await story({ clock })
    const invitation = await told.party.invite({ expiration: 'never' })
    clock.advance(10_000 * DAY)
    expect(invitation.expiresAt).toBeUndefined()
    await expect(told.bob.services.parties.lookup(invitation.code)).resolves.toMatchObject({ expiresAt: undefined })
  })

  it.each([
    ['the past', -1],
    ['this moment', 0],
    ['no number', Number.NaN],
    ['beyond what a code can say', 2 ** 48],
    ['infinity', Number.POSITIVE_INFINITY]
  ])('not at %s: refused when it is made', async (_when, away) => {
    const clock = new FakeClock()
    told = await story({ clock })
    await expect(told.party.invite({ expiration: clock.now() + away })).rejects.toThrow(RangeError)
    await expect(told.party.invite({ expiration: new Date(Number.NaN) })).rejects.toThrow(RangeError)
    expect(told.party.invitations.getSnapshot()).toEqual([])
  })

  it('a PIN that was verified before the deadline is honoured after it', async () => {
    const clock = new FakeClock()
    told = await story({ clock })
    const mine = callbacks()
    const invitation = await told.party.invite(mine)
    const redemption = told.bob.services.parties.redeem(invitation.code)
    await redemption.ready()
    clock.advance(HOUR - 5)
    // the deadline passes while Alice makes the spent attempt durable
    const unsubscribe = invitation.subscribe(() => {
      if (invitation.getSnapshot().attemptsLeft === 2) {
        unsubscribe()
        clock.advance(10)
      }
    })

    await expect(redemption.setPin(invitation.pin)).resolves.toMatchObject({ key: told.party.key })
    await vi.waitFor(() => { expect(mine.ends()).toEqual(['onDone']) })
    expect(invitation.status).toBe('used')
  })
})

describe('Alice may not invite as she likes', () => {
  it.each([{ uses: 0 }, { uses: 1.5 }, { uses: -1 }, { attempts: 0 }, { attempts: 11 }])('%j is refused', async (options) => {
    told = await story()
    await expect(told.party.invite(options)).rejects.toThrow(RangeError)
  })

  it('to a rank of her own or above, as an admin; an owner makes owners below her', async () => {
    told = await story()
    const { bob, party } = told
    const toBob = await party.invite({ role: 'admin' })
    const bobs = await bob.services.parties.redeem(toBob.code).setPin(toBob.pin)
    await vi.waitFor(() => { expect(bobs.synced).toBeDefined() })
    await expect(bobs.invite({ role: 'admin' })).rejects.toMatchObject({ name: 'NotPermittedError' })
    await expect(bobs.invite({ role: 'owner' })).rejects.toMatchObject({ name: 'NotPermittedError' })
    await expect(party.invite({ role: 'owner' })).resolves.toMatchObject({ role: 'owner' })
  })
})
