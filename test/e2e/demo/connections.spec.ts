import { describe, expect, it } from 'vitest'
import { invite, look, members, note, pinOn, type, useDemo, wrong } from './demo.js'
import type { BrowserNode } from '../../../demo/src/node.js'
import type { Page } from 'playwright'

const { url, startRelay, killRelay, person, open } = useDemo(4320)

/** What the page's invitations live, ms, where one wants to see that: less than a guest may think about the PIN. */
const LIFETIME = 120_000

/** How long it is waited for that the inviter is told to be away, ms. */
const UNREACHABLE = 600_000

/** How long the page tries to reach an inviter, ms: `demo/src/node.ts`. */
const CONNECT_TIMEOUT = 15_000

/** Remote addresses of connections without limits between these pages. */
async function direct (of: Page): Promise<string[]> {
  return of.evaluate(() => (globalThis as unknown as { node: { getConnections: () => Array<{ limits?: object, remoteAddr: { toString: () => string } }> } }).node
    .getConnections().filter(({ limits }) => limits == null).map(({ remoteAddr }) => remoteAddr.toString()))
}

/** All that this browser keeps of what is shared, as text. */
async function kept (of: Page): Promise<string> {
  return of.evaluate(async () => {
    const names = (await indexedDB.databases()).flatMap(({ name = '' }) => name.startsWith('plus-one-sealed/') ? [name] : [])
    const records = await Promise.all(names.map(async name => new Promise<Uint8Array[]>((resolve) => {
      const opening = indexedDB.open(name)
      opening.onsuccess = () => {
        const reading = opening.result.transaction('records').objectStore('records').getAll() as IDBRequest<Uint8Array[]>
        reading.onsuccess = () => { resolve(reading.result); opening.result.close() }
      }
    })))

    return records.flat().map(record => new TextDecoder('latin1').decode(record)).join()
  })
}

describe('Two browsers', () => {
  it('invite each other over WebRTC: a wrong PIN, then the right one', async () => {
    const alice = await person()
    const { link, pin } = await invite(alice)
    const bob = await open(link, { viewport: { width: 390, height: 800 }, colorScheme: 'dark' })

    await bob.getByRole('heading', { name: 'Join Book club?' }).waitFor()
    expect(bob.url()).toBe(`${url}#/join`)
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await type(bob, wrong(pin))
    await bob.getByText('Wrong PIN; 2 attempts left').waitFor()
    await alice.getByText('Someone typed a wrong PIN.').waitFor()

    const begun = performance.now()
    await type(bob, pin)
    await Promise.all([members(alice).nth(1).waitFor(), members(bob).nth(1).waitFor()])
    console.info(`    from the PIN typed to both pages showing the member: ${Math.round(performance.now() - begun)} ms`)

    expect((await direct(bob)).some(address => address.includes('/webrtc'))).toBe(true)
    await alice.getByText('is in.').waitFor()
  })

  it('keep two links in one tab apart: Mallory\'s party is never on the screen while the PIN goes to Alice', async () => {
    const [alice, mallory] = await Promise.all([person(), person()])
    const [{ link, pin }, mallorys] = await Promise.all([invite(alice), invite(mallory, async () => {}, 'Chess evening')])
    const bob = await open(link)
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await bob.getByLabel('6 digits').fill(pin.slice(0, 3))
    await bob.evaluate((link) => { location.href = link }, mallorys.link)
    await bob.getByRole('heading', { name: 'Join Chess evening?' }).waitFor()
    expect(await bob.getByText('Book club').count()).toBe(0)
    await bob.getByText('the place of the one from').waitFor()
    await look(bob, 'replaced')
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await type(bob, mallorys.pin)
    await bob.getByRole('heading', { name: 'You’re in Chess evening' }).waitFor()
    await alice.getByText('3 attempts left').waitFor()
  })

  it('see an invitation expire on both pages', async () => {
    const [alice, bob] = await Promise.all([person(`?lifetime=${LIFETIME / 1000}`), person()])
    await alice.clock.install()
    const { link } = await invite(alice)
    await bob.getByLabel('The link, the code').fill(link)
    await bob.getByRole('button', { name: 'Continue' }).click()
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await bob.getByLabel('6 digits').waitFor()
    await alice.clock.fastForward(LIFETIME)
    await Promise.all([
      alice.getByText('The invitation has expired.').waitFor(),
      bob.getByText('The invitation has expired; ask for a new code').waitFor()
    ])

    // and who opens the link now is told so
    const carol = await open(link)
    await carol.getByRole('alert').getByText('The invitation has expired; ask for a new code').waitFor()
  })

  it('go on after either page was loaded again', async () => {
    const alice = await person()
    const { link, pin } = await invite(alice)
    const bob = await open(link)
    await bob.getByRole('heading', { name: 'Join Book club?' }).waitFor()

    // where they are, and back
    await alice.reload()
    await alice.getByText('online', { exact: true }).waitFor()
    await alice.getByRole('heading', { name: 'Book club' }).waitFor()
    expect(await alice.title()).toBe('Book club – plus-one')
    await alice.goBack()
    const heading = alice.getByRole('heading', { name: 'Invite someone with a link' })
    await heading.waitFor()
    expect(await heading.evaluate(element => element === document.activeElement)).toBe(true)
    await alice.goForward()
    await bob.reload()
    await bob.getByRole('heading', { name: 'Join Book club?' }).waitFor()
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await type(bob, pin)
    await members(bob).nth(1).waitFor()
    await Promise.all([members(alice).nth(1).waitFor(), members(bob).nth(1).waitFor()])

    await alice.getByLabel('Note', { exact: true }).fill('On Tuesday')
    await bob.getByRole('button', { name: 'Open Book club' }).click()
    await note(bob, 'On Tuesday')

    // her old page is still thought to be there: nobody is alarmed about that
    await alice.reload()
    await members(alice).nth(1).waitFor()
    await expect.poll(async () => alice.evaluate(async () => (await (globalThis as unknown as { node: BrowserNode }).node.services.parties.list())[0]?.synced != null), { timeout: 30_000 }).toBe(true)
    expect(await alice.getByText('uses this node').count()).toBe(0)

    // a second tab of hers: one writes, and she says which
    const opened = alice.waitForEvent('popup')
    await alice.evaluate(() => { window.open(location.href) })
    const second = await opened
    second.setDefaultTimeout(90_000)
    await second.getByRole('heading', { name: 'plus-one is open in another tab' }).waitFor()
    await look(second, 'elsewhere')
    await second.getByRole('button', { name: 'Use here' }).click()
    await members(second).nth(1).waitFor()
    await note(second, 'On Tuesday')
    await second.getByLabel('Note', { exact: true }).fill('On Tuesday at eight')
    await alice.getByRole('heading', { name: 'plus-one is open in another tab' }).waitFor()
    await note(bob, 'On Tuesday at eight')
    await alice.getByRole('button', { name: 'Use here' }).click()
    await members(alice).nth(1).waitFor()
    await second.getByRole('heading', { name: 'plus-one is open in another tab' }).waitFor()

    // a new tab is a second person until it takes her over; then the others are nobody, and one of them takes her back
    const third = await alice.context().newPage()
    third.setDefaultTimeout(90_000)
    await third.goto(alice.url())
    await third.getByText('This party is not on this device').waitFor()
    const bar = third.getByRole('complementary', { name: 'Second person' })
    await look(third, 'second')
    await bar.getByRole('button', { name: 'Use here' }).click()
    await members(third).nth(1).waitFor()
    expect(await bar.count()).toBe(0)
    await alice.getByRole('heading', { name: 'plus-one is open in another tab' }).waitFor()
    // what all tabs kept of the note, each in its turn, is there without anybody who has it, and sealed
    await bob.close()
    await second.getByRole('button', { name: 'Use here' }).click()
    await note(second, 'On Tuesday at eight')
    expect(await kept(second)).toMatch(/^(?!.*(Tuesday|eight)).{100,}$/s)
    await third.getByRole('heading', { name: 'plus-one is open in another tab' }).waitFor()
    await third.getByRole('button', { name: 'Be another person' }).click()
    await bar.getByRole('button', { name: 'Dismiss' }).click()
    await third.getByText('This party is not on this device').waitFor()
  })

  it('say so when the inviter\'s tab is closed', async () => {
    const alice = await person()
    const { link, pin } = await invite(alice)
    const bob = await open(link)
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await bob.getByLabel('6 digits').waitFor()
    await bob.clock.install()
    await alice.close()
    await type(bob, pin)
    const told = bob.getByText('The inviter cannot be reached')
    // what waits for her is not begun as soon as the PIN is typed, nor all at once
    await expect.poll(async () => {
      await bob.clock.fastForward(CONNECT_TIMEOUT)

      return told.isVisible()
    }, { interval: 500, timeout: UNREACHABLE / CONNECT_TIMEOUT * 500 }).toBe(true)
  })

  it('go on over WebRTC when the relay stops after they are connected', async () => {
    const alice = await person()
    const { link, pin } = await invite(alice)
    const bob = await open(link)
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await bob.getByLabel('6 digits').waitFor()
    expect((await direct(bob)).some(address => address.includes('/webrtc'))).toBe(true)

    await killRelay()
    await bob.getByText('connecting…').waitFor()
    // what he joins is on the screen all the same
    await bob.getByRole('heading', { name: 'Join Book club' }).waitFor()
    await type(bob, pin)
    await Promise.all([members(alice).nth(1).waitFor(), members(bob).nth(1).waitFor()])
    await startRelay()
  })

  it('find each other by an open invitation after the relay was restarted', async () => {
    const alice = await person()
    const { link, pin } = await invite(alice)
    await killRelay()
    await alice.getByText('connecting…').waitFor()
    await startRelay()
    await alice.getByText('online', { exact: true }).waitFor()

    const bob = await open(link)
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await type(bob, pin)
    await Promise.all([members(alice).nth(1).waitFor(), members(bob).nth(1).waitFor()])
  })

  it('are told what is wrong with a link', async () => {
    const bob = await person(`#${'A'.repeat(80)}`)
    await bob.getByRole('alert').getByText(/mistyped|letters/).waitFor()
    expect(bob.url()).toBe(`${url}#/`)
  })
})

describe('Both sides on one page', () => {
  it('show the messages that pass, by name and size, and never the PIN', async () => {
    const visitor = await person()
    await visitor.getByRole('link', { name: 'Watch both sides' }).click()
    const pin = await pinOn(visitor)
    await visitor.getByRole('button', { name: 'Use Alice’s code' }).click()
    await visitor.getByLabel('type Alice’s PIN').fill(wrong(pin))
    await visitor.getByRole('button', { name: 'Join' }).click()
    await visitor.getByText('Wrong PIN; 2 attempts left').waitFor()
    await visitor.getByLabel('type Alice’s PIN').fill(pin)
    await visitor.getByRole('button', { name: 'Join' }).click()
    await visitor.getByText('Bob is in Book club.').waitFor()
    await visitor.getByText('ACK').waitFor()

    const told = await visitor.getByRole('listitem').filter({ hasText: 'bytes' }).allTextContents()
    expect(told.map(text => /[A-Z]{3,}/.exec(text)?.[0])).toEqual(['KNOCK', 'WELCOME', 'ANSWER', 'RETRY', 'ANSWER', 'GRANT', 'ACK'])
    expect(told.join(' ')).not.toContain(pin)
  })
})
