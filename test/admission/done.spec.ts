import { afterEach, describe, expect, it, vi } from 'vitest'
import { FakeClock } from '../../src/testing/index.js'
import { callbacks, story, wrongPin } from '../helpers/parties.js'
import type { Story } from '../helpers/parties.js'

let told: Story

afterEach(async () => told.network.stop())

describe('The end of an invitation, as a promise', () => {
  it('is the last join', async () => {
    told = await story()
    const { network, bob, party } = told
    const invitation = await party.invite({ uses: 2 })
    const { done } = invitation
    expect(invitation.done).toBe(done)
    const carol = await network.node()

    for (const node of [bob, carol]) {
      await node.services.parties.redeem(invitation.code).setPin(invitation.pin)
    }

    const join = await done
    expect(join.party.key).toBe(party.key)
    expect(join.member.peerId.equals(carol.peerId)).toBe(true)
    // who asks later is told the same
    await expect(party.invitations.get(invitation.id)?.done).resolves.toBe(join)
  })

  it('is what onError is told: it is declined, locked, taken back, or the node stops', async () => {
    told = await story()
    const { alice, bob, party } = told
    const mine = callbacks()
    const [declined, locked, revoked, open] = await Promise.all(['a', 'b', 'c', 'd'].map(async () => party.invite({ ...mine, attempts: 1 })))
    await bob.services.parties.decline(declined?.code ?? '', 'No time')
    await expect(declined?.done).rejects.toMatchObject({ name: 'InvitationDeclinedError', reason: 'No time' })
    await bob.services.parties.redeem(locked?.code ?? '').setPin(wrongPin(locked as NonNullable<typeof locked>)).catch(() => {})
    await expect(locked?.done).rejects.toMatchObject({ name: 'InvitationLockedError' })
    await revoked?.cancel()
    await expect(revoked?.done).rejects.toMatchObject({ name: 'InvitationRevokedError' })
    const stopped = open?.done
    await alice.stop()
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' })
    expect(mine.ends()).toEqual(['onError InvitationDeclinedError', 'onError InvitationLockedError', 'onError InvitationRevokedError', 'onError AbortError'])
  })

  it('is an error where it expires, which the callbacks are told by another name', async () => {
    const clock = new FakeClock()
    told = await story({ clock })
    const mine = callbacks()
    const invitation = await told.party.invite({ ...mine, expiration: clock.now() + 60_000 })
    const { done } = invitation
    clock.advance(60_000)
    await expect(done).rejects.toMatchObject({ name: 'InvitationExpiredError' })
    expect(mine.ends()).toEqual(['onExpiration'])
  })

  it('which nobody reads, or reads and does not wait for, rejects nowhere', async () => {
    told = await story()
    const unhandled = vi.fn()
    const target = globalThis as unknown as { process?: { on: (name: string, told: () => void) => void, off: (name: string, told: () => void) => void }, addEventListener?: EventTarget['addEventListener'], removeEventListener?: EventTarget['removeEventListener'] }
    target.process?.on?.('unhandledRejection', unhandled)
    target.addEventListener?.('unhandledrejection', unhandled)

    try {
      const [read, unread] = await Promise.all([told.party.invite(), told.party.invite()])
      expect(read.done).toBeInstanceOf(Promise)
      await Promise.all([read.cancel(), unread.cancel()])
      // a turn, after which it would have been told
      await new Promise(resolve => setTimeout(resolve))
      expect(unhandled).not.toHaveBeenCalled()
    } finally {
      target.process?.off?.('unhandledRejection', unhandled)
      target.removeEventListener?.('unhandledrejection', unhandled)
    }
  })
})
