import { afterEach, describe, expect, it, vi } from 'vitest'
import { FakeClock } from '../../src/testing/index.js'
import { callbacks, rolesOf, story } from '../helpers/parties.js'
import type { Candidate } from '../../src/index.js'
import type { Story } from '../helpers/parties.js'
import type { TestNode } from '../../src/testing/index.js'

let told: Story

afterEach(async () => told.network.stop())

const MINUTE = 60_000

describe('Approval', () => {
  it('Alice sees who has shown the PIN, compares, and says yes', async () => {
    told = await story()
    const seen: Candidate[] = []
    const invitation = await told.party.invite({
      approve: (candidate) => {
        seen.push(candidate)
        return true
      }
    })
    const redemption = told.bob.services.parties.redeem(invitation.code)
    const screens: Array<string | undefined> = []
    redemption.subscribe(() => { screens.push(redemption.getSnapshot().comparison) })
    await redemption.ready()
    // he gives his name when he has seen whose party it is
    await told.bob.services.parties.setProfile({ displayName: 'Bob' })
    await redemption.setPin(invitation.pin)

    expect(seen).toMatchObject([{ profile: { displayName: 'Bob' } }])
    expect(seen[0]?.peerId.equals(told.bob.peerId)).toBe(true)
    expect(screens).toContain(seen[0]?.comparison)
    expect(rolesOf(told.party)[told.bob.peerId.toString()]).toBe('writer')
    expect(invitation.getSnapshot()).toMatchObject({ status: 'used', candidates: [] })
  })

  it('without a callback the candidates wait in the snapshot for admit or refuse', async () => {
    told = await story()
    const [bobs, mine] = [callbacks(), callbacks()]
    const invitation = await told.party.invite({ ...mine, approval: true })
    const redemption = told.bob.services.parties.redeem(invitation.code, bobs)
    const admission = redemption.setPin(invitation.pin)
    await vi.waitFor(() => { expect(invitation.getSnapshot().candidates).toHaveLength(1) })
    expect(redemption.state).toBe('waiting')
    expect(redemption.getSnapshot().comparison).toBe(invitation.getSnapshot().candidates[0]?.comparison)
    expect(invitation.refuse(told.alice.peerId)).toBe(false)
    expect(invitation.refuse(told.bob.peerId)).toBe(true)

    await expect(admission).rejects.toMatchObject({ name: 'InvitationDeclinedError' })
    await vi.waitFor(() => { expect(bobs.ends()).toEqual(['onError InvitationDeclinedError']) })
    expect(invitation.getSnapshot()).toMatchObject({ status: 'pending', attemptsLeft: 3, candidates: [] })

    const again = told.bob.services.parties.redeem(invitation.code).setPin(invitation.pin)
    await vi.waitFor(() => { expect(invitation.admit(told.bob.peerId)).toBe(true) })
    await expect(again).resolves.toMatchObject({ key: told.party.key })
    await vi.waitFor(() => { expect(mine.ends()).toEqual(['onDone']) })
  })

  it('whom she refused three times she is not asked about again; others she is', async () => {
    told = await story()
    const { network, bob, party } = told
    const asked = vi.fn(() => false)
    const invitation = await party.invite({ approve: asked })
    const ask = async (node: TestNode): Promise<string> => node.services.parties.redeem(invitation.code).setPin(invitation.pin).then(() => 'joined', (err: Error) => err.name)

    for (let nth = 0; nth < 6; nth++) {
      expect(await ask(bob)).toBe('InvitationDeclinedError')
    }

    expect(asked).toHaveBeenCalledTimes(3)
    expect(await ask(await network.node())).toBe('InvitationDeclinedError')
    expect(asked).toHaveBeenCalledTimes(4)
    expect(invitation.getSnapshot()).toMatchObject({ status: 'pending', attemptsLeft: 3 })
  })

  it('an approve that throws refuses for now: nobody joins, nothing is spent, Bob may come again', async () => {
    told = await story()
    const reported = vi.spyOn(console, 'error').mockImplementation(() => {})
    const thrown: unknown[] = []
    const onError = (event: ErrorEvent | Event): void => {
      thrown.push(event)
      event.preventDefault()
    }
    globalThis.addEventListener?.('error', onError)
    const invitation = await told.party.invite({ approve: async () => { throw new Error('a bug of the app') } })
    const redemption = told.bob.services.parties.redeem(invitation.code)
    await redemption.setPin(invitation.pin).then(() => { throw new Error('he must not join') }, (err: Error) => { expect(err.name).toBe('InviterUnreachableError') })
    globalThis.removeEventListener?.('error', onError)
    expect(reported.mock.calls.length + thrown.length).toBeGreaterThan(0)
    reported.mockRestore()
    expect(told.party.members).toHaveLength(1)
    expect(invitation.getSnapshot()).toMatchObject({ status: 'pending', attemptsLeft: 3 })
  })

  it('an approve that never answers ends after approvalTimeout, its signal aborted; a later yes counts for nothing', async () => {
    const clock = new FakeClock()
    told = await story({ clock, approvalTimeout: 2 * MINUTE, connectTimeout: 1_000 })
    const answer = Promise.withResolvers<boolean>()
    const asked = Promise.withResolvers<AbortSignal>()
    const invitation = await told.party.invite({
      approve: async (_, { signal }) => {
        asked.resolve(signal)
        return answer.promise
      }
    })
    const admission = told.bob.services.parties.redeem(invitation.code).setPin(invitation.pin)
    admission.catch(() => {})
    const signal = await asked.promise
    clock.advance(2 * MINUTE)
    await expect(admission).rejects.toMatchObject({ name: 'InviterUnreachableError' })
    expect(signal.aborted).toBe(true)
    answer.resolve(true)
    await vi.waitFor(() => { expect(invitation.getSnapshot()).toMatchObject({ status: 'pending', attemptsLeft: 3, candidates: [], guests: 0 }) })
    expect(told.party.members).toHaveLength(1)
  })

  it('two wait for one place: who is admitted second is not', async () => {
    told = await story()
    const carol = await told.network.node()
    const invitation = await told.party.invite({ approval: true })
    const both = [told.bob, carol].map(async node => node.services.parties.redeem(invitation.code).setPin(invitation.pin))
    const outcomes = Promise.allSettled(both)
    await vi.waitFor(() => { expect(invitation.getSnapshot().candidates).toHaveLength(2) })
    expect(invitation.admit(carol.peerId)).toBe(true)
    const [bobs, carols] = await outcomes
    expect(carols?.status).toBe('fulfilled')
    expect(bobs).toMatchObject({ status: 'rejected', reason: { name: 'InvitationUsedError' } })
    expect(told.party.members).toHaveLength(2)
  })

  it('who waits may go, and an invitation that is revoked lets nobody wait on', async () => {
    told = await story()
    const carol = await told.network.node()
    const invitation = await told.party.invite({ approval: true, uses: 2 })
    const redemption = told.bob.services.parties.redeem(invitation.code)
    const carols = carol.services.parties.redeem(invitation.code)
    redemption.setPin(invitation.pin).catch(() => {})
    const admission = carols.setPin(invitation.pin)
    admission.catch(() => {})
    await vi.waitFor(() => { expect(invitation.getSnapshot().candidates).toHaveLength(2) })
    await vi.waitFor(() => { expect(redemption.state).toBe('waiting') })
    await redemption.cancel()
    await vi.waitFor(() => { expect(invitation.getSnapshot().candidates).toHaveLength(1) })
    await invitation.cancel()
    await expect(admission).rejects.toMatchObject({ name: 'InvitationRevokedError' })
    expect(invitation.getSnapshot().candidates).toEqual([])
  })

  it('after a restart the app gives its approve anew, and those who wait are asked about', async () => {
    told = await story()
    const invitation = await told.party.invite({ approval: true })
    const admission = told.bob.services.parties.redeem(invitation.code).setPin(invitation.pin)
    await vi.waitFor(() => { expect(invitation.getSnapshot().candidates).toHaveLength(1) })
    invitation.on({ approve: async () => true })
    await expect(admission).resolves.toMatchObject({ key: told.party.key })
  })
})
