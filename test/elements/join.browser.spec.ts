import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createNetwork } from '../../src/testing/index.js'
import { createBoard } from '../helpers/rendezvous.js'
import { complaints, crowd, show, wrong } from './page.js'
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
  const { rendezvous } = createBoard()
  ;[alice, bob] = await Promise.all(['Alice', 'Bob'].map(async displayName => network.node({ profile: { displayName }, rendezvous: [rendezvous] }))) as [TestNode, TestNode]
  party = await alice.services.parties.create({ name: 'Book club' })
})

afterEach(async () => {
  document.body.replaceChildren()
  await network.stop()
})

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
    // he may not have seen that it is another's
    expect(page.text()).toContain('another invitation: it has taken the place of the one from Alice')
    expect(await complaints()).toEqual([])
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

  it('into a community of 5,000: he sees himself and the first of them, and how many more there are', async () => {
    const { code, pin } = await party.invite()
    const page = bobs(code)
    await page.press('Yes, join')
    await page.type('6 digits', pin)
    await page.sees('Bob (you)')
    const joined = (await bob.services.parties.list())[0] as Party
    const own = joined.members.filter(({ self }) => self)
    vi.spyOn(joined, 'members', 'get').mockReturnValue([...crowd(Array.from({ length: 5_000 }, (_, i) => `Reader ${i}`)).members, ...own])
    page.element.offline = true
    await page.sees('and 4,981 more')
    expect([...page.element.shadowRoot?.querySelectorAll('li') ?? []].map(({ textContent }) => textContent)).toEqual(['Bob (you)', ...Array.from({ length: 19 }, (_, i) => `Reader ${i}`)])
    expect(await complaints()).toEqual([])
  })

  it('is asked for a code and a name where he has none, and Alice sees it', async () => {
    const carol = await network.node()
    const { code, pin } = await party.invite()
    const page = bobs(undefined, carol.services.parties)
    await page.sees('You were invited')
    expect(await complaints()).toEqual([])
    await page.type('The link, the code', code)
    await page.press('Continue')
    await page.type('They will see you as', 'Carol')
    await page.press('Yes, join')
    await page.type('6 digits', pin)
    await page.sees('Carol (you)')
    expect(page.told).toEqual(['code', 'named', 'joined'])
    await expect.poll(() => party.members.map(({ profile }) => profile.displayName)).toContain('Carol')
  })

  it('waits for a network, and then looks by himself', async () => {
    const { code } = await party.invite()
    const page = bobs(code)
    page.element.offline = true
    await page.sees('Connecting to the network…')
    expect(await complaints()).toEqual([])
    page.element.offline = false
    await page.sees('Join Book club?')
  })

  it('mends a word that he misheard where it stands', async () => {
    const invitation = await party.invite()
    const words = (await invitation.publish()).split('-')
    const misheard = words.with(2, `x${words[2]?.slice(1) ?? ''}`).join(' ')
    const page = bobs(misheard)
    await page.sees('The third word is not one of those')
    expect(page.field('The link, the code')?.value).toBe(misheard)
    expect(page.element.shadowRoot?.activeElement?.id).toBe('code')
    await page.sees('Did you mean')
    expect(await complaints()).toEqual([])
    await page.press(words.join(' '))
    expect(page.told).toEqual(['code'])
    await page.sees('Join Book club?')

    // four good words of nobody are misheard, too
    page.element.code = 'abandon ability able about'
    await page.sees('Nobody is found under the first two words')
    expect(page.heading()).toBe('Check the code')
  })

  it('comes too late, and is in by a fresh code: nothing of the old one is left on the screen', async () => {
    const late = await party.invite()
    const page = bobs(late.code)
    await page.press('Yes, join')
    await page.sees('6 digits')
    await late.cancel()
    await page.sees('The invitation was revoked')
    expect(page.text()).toContain('Join Book club')
    expect(page.text()).toContain('Alice invites you')
    expect(page.field('6 digits')).toBeUndefined()
    expect(await complaints()).toEqual([])
    await page.press('Try again')
    await page.sees('The invitation was revoked')

    const { code, pin } = await party.invite()
    await page.press('Another code')
    expect(page.field('The link, the code')?.value).toBe(late.code)
    await page.type('The link, the code', code)
    await page.press('Continue')
    await page.sees('Join Book club?')
    expect(page.text()).not.toContain('revoked')
    await page.press('Yes, join')
    await page.type('6 digits', pin)
    await page.sees('You’re in')
  })

  it('sees what Alice sees before she lets him in', async () => {
    const invitation = await party.invite({ approval: true })
    const page = bobs(invitation.code)
    await page.press('Yes, join')
    await page.type('6 digits', invitation.pin)
    await page.sees('does their screen show this, too?')
    const [candidate] = invitation.getSnapshot().candidates
    await page.sees(candidate?.comparison ?? 'nobody')
    expect(page.text()).toContain('Alice invites you')
    expect(await complaints()).toEqual([])
    if (candidate != null) {
      invitation.admit(candidate.peerId)
    }
    await page.sees('You’re in')
  })

  it('without a PIN, by a yes alone', async () => {
    const { code } = await party.invite({ pin: false })
    const page = bobs(code)
    await page.press('Yes, join')
    await page.sees('You’re in')
  })

  it('declines, and says why', async () => {
    const invitation = await party.invite()
    const reasons: string[] = []
    invitation.on({ onDecline: ({ reason }) => { reasons.push(reason) } })
    const page = bobs(invitation.code)
    await page.press('Decline')
    await page.type('Why, if you like', 'no time')
    await page.press('No, thank you')
    await page.sees('You declined')
    await page.sees('Alice was told.')
    expect(await complaints()).toEqual([])
    expect([reasons, page.told]).toEqual([['no time'], ['declined']])
  })

  it('declines while Alice is away: he reads that she does not know, or, handed over to him, that she will', async () => {
    const { peerId, services: { parties } } = await network.node({ connectTimeout: 500, profile: { displayName: 'Carol' } })
    const page = bobs((await party.invite()).code, parties)
    await page.press('Yes, join')
    await page.sees('6 digits')
    const direct = await party.invite({ to: peerId, pin: false })
    await expect.poll(() => direct.getSnapshot().delivered).toBe(true)
    const other = bobs(parties.received.getSnapshot()[0], parties)
    await other.sees('Join Book club?')
    network.kill(alice)

    await page.press('Decline')
    await page.press('No, thank you')
    await other.press('Decline')
    await other.press('No, thank you')
    await other.sees('You declined')
    await other.sees('Alice was not reached, and is told when you are connected again, if the invitation is still open.')
    expect(other.text()).not.toContain('was told')
    await page.sees('Your no did not reach Alice')
    expect(page.text()).not.toContain('You declined')
    expect([page.told, other.told]).toEqual([[], ['declined']])
    expect(await complaints()).toEqual([])
  })

  it('cancels while he is asked for the PIN, and tries again with the same code', async () => {
    const { code, pin } = await party.invite()
    const page = bobs(code)
    await page.press('Yes, join')
    await page.sees('6 digits')
    await page.press('Cancel')
    await page.sees('Cancelled: nothing was joined.')
    expect(page.told).toEqual(['cancelled'])
    await page.press('Try again')
    await page.press('Yes, join')
    await page.type('6 digits', pin)
    await page.sees('You’re in')
  })

  it('leaves the page, and with it his place at Alice\'s', async () => {
    const invitation = await party.invite()
    const page = bobs(invitation.code)
    await page.press('Yes, join')
    await page.sees('6 digits')
    page.element.remove()
    await expect.poll(() => invitation.getSnapshot().guests).toBe(0)
  })

  it('as a device of Alice\'s: he is warned of what that does, and gives it a name', async () => {
    const phone = await network.node()
    const invitation = await alice.services.parties.person.invite()
    const page = bobs(invitation.code, phone.services.parties)
    page.element.deviceName = 'Phone'
    await page.sees('Add this browser to Alice’s devices?')
    await page.sees('Continue only if you made this code yourself')
    expect(await complaints()).toEqual([])
    await page.press('Continue')
    await page.type('6 digits', invitation.pin)
    await expect.poll(() => page.told).toEqual(['joined'])
    await expect.poll(() => phone.services.parties.person.devices.map(({ name }) => name)).toContain('Phone')
  })

  it('in Arabic, from right to left, where the page is Arabic; in Japanese and German alike', async () => {
    const { code } = await party.invite()
    document.documentElement.lang = 'ar'
    const page = bobs(code)
    await page.sees('هل تريد الانضمام إلى Book club؟')
    expect(page.element.shadowRoot?.querySelector('.root')?.getAttribute('dir')).toBe('rtl')
    expect(await complaints()).toEqual([])
    page.element.lang = 'ja'
    await page.sees('Book club に参加しますか？')
    page.element.lang = 'de'
    await page.sees('Book club beitreten?')
    document.documentElement.lang = ''
  })
})
