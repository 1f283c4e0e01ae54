import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createNetwork } from '../../src/testing/index.js'
import { complaints, show } from './page.js'
import type { Shown } from './page.js'
import type { JoinElement } from '../../src/elements/index.js'
import type { Party } from '../../src/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'

let network: Network
let alice: TestNode
let bob: TestNode
let party: Party

beforeEach(async () => {
  network = createNetwork()
  ;[alice, bob] = await Promise.all([network.node({ profile: { displayName: 'Alice' } }), network.node({ profile: { displayName: 'Bob' } })])
  party = await alice.services.parties.create({ name: 'Book club' })
})

afterEach(async () => {
  document.body.replaceChildren()
  await network.stop()
})

const wrong = (pin: string): string => ((Number(pin) + 1) % 1_000_000).toString().padStart(6, '0')

/** Bob's page, as it was asked to join. */
function bobs (code: JoinElement['code'], parties = bob.services.parties): Shown<JoinElement> & { told: string[] } {
  const told: string[] = []
  const element = Object.assign(document.createElement('plus-one-join'), { parties, code })
  for (const event of ['joined', 'declined', 'cancelled', 'opened', 'code', 'named']) {
    element.addEventListener(`plus-one-${event}`, () => { told.push(event) })
  }

  return { ...show(element), told }
}

describe('Bob joins', () => {
  it('by two links in one tab: Mallory\'s party is never on the screen while the PIN goes to Alice', async () => {
    const mallory = await network.node({ profile: { displayName: 'Mallory' } })
    const invitation = await party.invite()
    const mallorys = await (await mallory.services.parties.create({ name: 'Chess evening' })).invite()
    const page = bobs(invitation.code)
    await page.sees('Join Book club?')
    await page.press('Yes, join')
    await page.sees('6 digits')
    expect(page.text()).toContain('Alice invites you')
    await page.type('6 digits', invitation.pin.slice(0, 3))

    page.element.code = mallorys.code
    await page.sees('Join Chess evening?')
    expect(page.field('6 digits')).toBeUndefined()
    expect(page.text()).not.toContain('Book club')
    // Alice's side is told that he is gone, and lost no attempt
    await expect.poll(() => invitation.getSnapshot()).toMatchObject({ guests: 0, attemptsLeft: 3 })

    await page.press('Yes, join')
    await page.sees('6 digits')
    expect(page.field('6 digits')?.value).toBe('')
    expect(page.text()).toContain('Mallory invites you')
    await page.type('6 digits', invitation.pin)
    await page.sees(/Wrong PIN/)
    expect(mallorys.getSnapshot().attemptsLeft).toBe(2)
    expect(invitation.getSnapshot().attemptsLeft).toBe(3)
  })

  it('with a wrong PIN, then the right one: he is in, and sees with whom', async () => {
    const { code, pin } = await party.invite()
    const page = bobs(code)
    await page.sees(/Invited by\s*Alice/)
    expect(await complaints()).toEqual([])
    await page.press('Yes, join')
    await page.type('6 digits', wrong(pin))
    await page.sees('Wrong PIN; 2 attempts left')
    expect(page.text()).toContain('Alice invites you')
    expect(page.element.shadowRoot?.activeElement?.id).toBe('pin')
    expect(await complaints()).toEqual([])
    await page.type('6 digits', pin)
    await page.sees('You’re in Book club')
    await page.sees('Bob (you)')
    expect(page.text()).not.toContain('Wrong')
    expect(page.element.shadowRoot?.activeElement?.id).toBe('heading')
    expect(await complaints()).toEqual([])
    await page.press('Open Book club')
    expect(page.told).toEqual(['joined', 'opened'])
  })
})
