/** One code redeemed more than once on one device: a double click, a link that was opened twice. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { callbacks, story } from '../helpers/parties.js'
import { SlowStore } from '../helpers/stores.js'
import type { Story } from '../helpers/parties.js'

let told: Story

afterEach(async () => told.network.stop())

describe('Bob redeems one code several times at once', () => {
  it('with the right PIN each time, while disks are slow: each brings the same party, and no PIN is given away for nothing', async () => {
    told = await story({ datastore: new SlowStore() })
    const bob = await told.network.node({ datastore: new SlowStore() })
    const { code, pin } = await told.party.invite()
    const his = callbacks()
    const joined = await Promise.all(Array.from({ length: 4 }, async () => bob.services.parties.redeem(code, his).setPin(pin)))
    expect(new Set(joined).size).toBe(1)
    expect(his.ends()).toEqual(['onDone', 'onDone', 'onDone', 'onDone'])
  })

  it('and types the PIN in one after all were at the PIN box, as in the others: all are admitted', async () => {
    told = await story({ datastore: new SlowStore() })
    const bob = await told.network.node({ datastore: new SlowStore() })
    const { code, pin } = await told.party.invite()
    const redemptions = Array.from({ length: 4 }, () => bob.services.parties.redeem(code))
    await Promise.all(redemptions.map(async redemption => redemption.ready()))
    const joined = await Promise.all(redemptions.map(async redemption => redemption.setPin(pin)))
    expect(new Set(joined).size).toBe(1)
  })

  it('while one waits for Alice\'s yes: she is asked once, and the other comes in with it', async () => {
    told = await story()
    const [asked, said, connected] = [vi.fn(), Promise.withResolvers<boolean>(), vi.fn()]
    const { code, pin } = await told.party.invite({ approve: async () => { asked(); return said.promise } })
    const first = told.bob.services.parties.redeem(code)
    const joined = first.setPin(pin)
    await vi.waitFor(() => { expect(first.state).toBe('waiting') })
    const second = told.bob.services.parties.redeem(code, { onProgress: connected })
    await vi.waitFor(() => { expect(connected).toHaveBeenCalled() })
    said.resolve(true)
    expect(await second.setPin(pin)).toBe(await joined)
    expect(asked).toHaveBeenCalledOnce()
  })

  it('and says no to it meanwhile: Alice hears that, whatever the others wait for', async () => {
    told = await story()
    const { code, pin } = await told.party.invite({ approval: true })
    const his = callbacks()
    const redemption = told.bob.services.parties.redeem(code, his)
    redemption.setPin(pin).catch(() => {})
    await vi.waitFor(() => { expect(redemption.state).toBe('waiting') })
    await told.bob.services.parties.decline(code, 'no time')
    await vi.waitFor(() => { expect(his.ends()).toEqual(['onError InvitationDeclinedError']) })
    expect(told.party.members).toHaveLength(1)
  })
})
