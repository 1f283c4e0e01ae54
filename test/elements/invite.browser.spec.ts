import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createNetwork } from '../../src/testing/index.js'
import { complaints, crowd, show, wrong } from './page.js'
import type { Shown } from './page.js'
import type { InviteElement } from '../../src/elements/index.js'
import type { Invitation, Member, Party } from '../../src/index.js'
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

const find = <E extends HTMLElement>({ element }: Shown<InviteElement>, selector: string): E | null => element.shadowRoot?.querySelector<E>(selector) ?? null

/** Alice's page, and the invitations that it made. */
function sheet (properties: Partial<InviteElement> = {}): Shown<InviteElement> & { made: Invitation[], told: string[] } {
  const made: Invitation[] = []
  const told: string[] = []
  const element = Object.assign(document.createElement('plus-one-invite'), { party, ...properties })
  element.addEventListener('plus-one-created', (event) => { made.push((event as CustomEvent<{ invitation: Invitation }>).detail.invitation) })
  element.addEventListener('plus-one-closed', () => { told.push('closed') })

  return { ...show(element), made, told }
}

/** She presses the button, and has an invitation. */
async function invite (page: ReturnType<typeof sheet>): Promise<Invitation> {
  await page.press('Invite someone')
  await page.sees('Cancel invitation')

  return page.made.at(-1) as Invitation
}

describe('Alice invites', () => {
  it('with one button: PIN, link and time; a wrong PIN in red, a member in green, and another invitation', async () => {
    const page = sheet()
    const { code, pin } = await invite(page)
    expect(find(page, '.pin')?.textContent?.replace(/\s/g, '')).toBe(pin)
    expect(page.element.shadowRoot?.activeElement?.id).toBe('heading')
    expect(await complaints()).toEqual([])

    const redemption = bob.services.parties.redeem(code)
    await redemption.setPin(wrong(pin)).catch(() => {})
    await page.sees('Someone typed a wrong PIN.')
    await page.sees('2 attempts left')
    expect(find(page, '.told')?.className).toContain('bad')
    await redemption.setPin(pin)
    await page.sees('Bob is in.')
    expect(find(page, '.told')?.className).toContain('good')
    expect(find(page, '.pin')).toBeNull()
    expect(await complaints()).toEqual([])
    await page.press('New invitation')
    await page.sees('Cancel invitation')
    expect(page.made).toHaveLength(2)
  })

  it('on terms of her own, and is warned of a link without a PIN', async () => {
    const page = sheet()
    await page.press('Options')
    await page.type('How many may join', '2')
    find<HTMLInputElement>(page, '#uses')?.dispatchEvent(new Event('change'))
    await page.type('For whom', 'Bob and Carol')
    find(page, '#with-pin')?.click()
    await page.sees('whoever gets hold of the link is in')
    expect(await complaints()).toEqual([])
    const { code } = await invite(page)
    expect(page.made[0]).toMatchObject({ pin: '', label: 'Bob and Carol' })
    await page.sees('No PIN: whoever has the link is in.')
    await bob.services.parties.redeem(code).accept()
    await page.sees('1 of 2 joined')
  })

  it('and compares both screens before anybody is in', async () => {
    const page = sheet({ options: { approval: true } })
    const { code, pin } = await invite(page)
    const redemption = bob.services.parties.redeem(code)
    const joining = redemption.setPin(pin)
    await page.sees('Bob knows the PIN')
    expect(find(page, '.comparison')?.textContent).toBe(redemption.getSnapshot().comparison)
    expect(await complaints()).toEqual([])
    await page.press('It matches')
    expect((await joining).members).toHaveLength(2)

    const other = sheet({ options: { approval: true } })
    const mallorys = await invite(other)
    // whoever calls himself as a member does is told apart by his key
    const mallory = await network.node({ profile: { displayName: 'BOB' } })
    const refused = mallory.services.parties.redeem(mallorys.code).setPin(mallorys.pin)
    await other.sees(`BOB (…${mallory.peerId.toString().slice(-6)}) knows the PIN`)
    await other.press('It does not')
    await expect(refused).rejects.toThrow()
    expect(party.members).toHaveLength(2)
  })

  it('and reads why somebody said no, also on a sheet that she opens later', async () => {
    const invitation = await party.invite()
    await bob.services.parties.decline(invitation.code, 'no time')
    await expect.poll(() => invitation.status).toBe('declined')
    const page = sheet({ invitation })
    await page.sees('They said no: “no time”')
  })

  it('and nobody\'s name changes what stands around it, or is none', async () => {
    const page = sheet({ options: { approval: true, uses: 2 } })
    const { code, pin } = await invite(page)
    await bob.services.parties.setProfile({ displayName: '\u2069\u202eBob\n' })
    const joining = bob.services.parties.redeem(code).setPin(pin)
    await page.sees('Bob knows the PIN')
    const sentence = find(page, '.candidate p') as HTMLElement
    const text = [...sentence.childNodes].find(({ textContent }) => textContent?.includes('knows')) as Text
    const leftOf = (word: string): number => {
      const range = document.createRange()
      range.setStart(text, text.data.indexOf(word))
      range.setEnd(text, text.data.indexOf(word) + 1)

      return range.getBoundingClientRect().left
    }
    expect(leftOf('knows')).toBeLessThan(leftOf('PIN'))
    await page.press('It matches')
    await joining

    const eve = await network.node({ profile: { displayName: '\u200b\u3164' } })
    const hers = eve.services.parties.redeem(code).setPin(pin)
    await page.sees(`…${eve.peerId.toString().slice(-6)} knows the PIN`)
    await page.press('It matches')
    await hers
  })

  it('by Share, where the browser has it, or by Copy: the link, and never the PIN', async () => {
    const [share, copy] = [vi.fn(async () => {}), vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()]
    Object.defineProperty(navigator, 'share', { value: share, configurable: true })
    const page = sheet({ linkBase: 'https://app.example/join' })
    const { pin } = await invite(page)
    await page.press('Share')
    await page.press('Copy')
    await page.sees('Copied')
    const link = find<HTMLInputElement>(page, '#link')?.value ?? ''
    expect(link).toMatch(/^https:\/\/app\.example\/join#/)
    expect(copy).toHaveBeenCalledWith(link)
    expect(share).toHaveBeenCalledWith({ title: 'plus-one', text: 'Join Book club:', url: link })
    expect(JSON.stringify([share.mock.calls, copy.mock.calls])).not.toContain(pin)
    Reflect.deleteProperty(navigator, 'share')
    copy.mockRestore()
  })

  it('with a QR code in a margin of four modules, and is told where a phone cannot open its address', async () => {
    const page = sheet({ linkBase: 'http://localhost:5180/' })
    await invite(page)
    await page.press('Show QR code')
    await page.sees('This address (localhost:5180) works on this machine alone')
    await vi.waitFor(() => { expect(find(page, '.qr svg')).not.toBeNull() })
    const [, size = 0] = /^0 0 (\d+)/.exec(find(page, '.qr svg')?.getAttribute('viewBox') ?? '') ?? []
    const places = [...(find(page, '.qr path')?.getAttribute('d') ?? '').matchAll(/M(\d+) (\d+)/g)].flatMap(([, x, y]) => [Number(x), Number(y)])
    expect([Math.min(...places), Math.max(...places)]).toEqual([4, Number(size) - 5])
  })

  it('has PIN, Share and Copy above the fold of a phone, and nothing smaller than a thumb', async () => {
    Object.defineProperty(navigator, 'share', { value: async () => {}, configurable: true })
    const page = sheet()
    page.element.style.width = '360px'
    await page.press('Options')
    const { right } = page.element.getBoundingClientRect()
    expect([...page.element.shadowRoot?.querySelectorAll('input, select') ?? []].filter(field => field.getBoundingClientRect().right > right)).toEqual([])
    const role = find<HTMLSelectElement>(page, '#role') as HTMLSelectElement
    const ink = document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D
    ink.font = getComputedStyle(role).font
    // the padding and the arrow besides
    expect(role.clientWidth - Math.max(...[...role.options].map(({ text }) => ink.measureText(text).width))).toBeGreaterThan(50)
    await invite(page)
    const { top } = page.element.getBoundingClientRect()
    const bottom = (selector: string): number => (find(page, selector)?.getBoundingClientRect().bottom ?? Number.POSITIVE_INFINITY) - top
    expect(bottom('.pin')).toBeLessThan(740)
    expect(bottom('.link')).toBeLessThan(740)
    const small = [...page.element.shadowRoot?.querySelectorAll('button, summary, input, select') ?? []].filter(target => target.getBoundingClientRect().height < 44)
    expect(small.map(({ outerHTML }) => outerHTML)).toEqual([])
    Reflect.deleteProperty(navigator, 'share')
  })

  it('and takes it back: who opens it then is told so', async () => {
    const page = sheet()
    const { code } = await invite(page)
    await page.press('Cancel invitation')
    await page.sees('Invite someone')
    expect(page.told).toEqual(['closed'])
    await expect(bob.services.parties.lookup(code)).rejects.toThrow()
  })

  it('one of 2,000 whom she knows: eight are offered, any is found by the name, and they are looked through once', async () => {
    const { members, looks } = crowd(Array.from({ length: 2_000 }, (_, i) => `Reader ${i}`))
    const page = sheet({ people: [...members, { peerId: bob.peerId, self: false, profile: { displayName: 'Böb' } } as Member] })
    const offered = (): string[] => [...page.element.shadowRoot?.querySelectorAll('button') ?? []].map(({ textContent }) => textContent.trim()).filter(name => name.startsWith('Invite ') && name !== 'Invite someone')
    await page.sees('and 1,993 more')
    expect(offered()).toEqual(Array.from({ length: 8 }, (_, i) => `Invite Reader ${i}`))
    expect(await complaints()).toEqual([])
    const before = looks()
    page.element.offline = true
    await page.sees('Waiting for the relay…')
    page.element.offline = false
    await page.sees('Invite someone')
    await page.type('Someone you know', 'nobody at all')
    await page.sees('Nobody whom you know is called so.')
    await page.type('Someone you know', 'BOB')
    await expect.poll(offered).toEqual(['Invite Böb'])
    expect(looks()).toBe(before)
    await page.press('Invite Böb')
    await page.sees('For Böb alone')
    expect(page.made[0]?.getSnapshot().to?.equals(bob.peerId)).toBe(true)
  })

  it('a device of her own: a code that goes with the page', async () => {
    const page = sheet({ party: undefined, person: alice.services.parties.person })
    await page.press('Add a device')
    await page.sees('Type the PIN on the new device:')
    const invitation = page.made[0]
    page.element.remove()
    await vi.waitFor(() => { expect(invitation?.status).toBe('revoked') })
  })
})
