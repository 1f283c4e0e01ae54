import { describe, expect, it } from 'vitest'
import { Terminals } from '../cli/process.js'
import { fill } from './crowd.js'
import { invite, members, note, pinOn, look, type, useDemo } from './demo.js'
import type { BrowserNode } from '../../../demo/src/node.js'
import type { Locator, Page } from 'playwright'

const { person, open } = useDemo(4340)

const invitations = (of: Page): Locator => of.getByRole('list', { name: 'Invitations' }).getByRole('listitem')

interface Told {
  notified: Array<{ body: string, onclick?: () => void }>
}

/** A browser that may, may not, or cannot notify; asked, it may. */
async function notifications (of: Page, permission: NotificationPermission | undefined): Promise<void> {
  await of.evaluate((permission) => {
    const notified: Told['notified'] = []
    Object.assign(globalThis, { notified })

    if (permission == null) {
      Reflect.deleteProperty(globalThis, 'Notification')
      return
    }

    Object.assign(globalThis, {
      Notification: class {
        static permission: NotificationPermission | undefined = permission
        static async requestPermission (): Promise<NotificationPermission> {
          this.permission = 'granted'

          return 'granted'
        }

        onclick?: () => void
        readonly body: string

        constructor (_title: string, { body }: { body: string }) {
          this.body = body
          notified.push(this)
        }

        close (): void {}
      }
    })
  }, permission)
}

const notified = async (of: Page): Promise<string[]> => of.evaluate(() => (globalThis as unknown as Told).notified.map(({ body }) => body))

/** Nobody looks at the page any more, or again. */
async function hide (page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: hidden })
    document.dispatchEvent(new Event('visibilitychange'))
  }, hidden)
}

describe('Two people on the phone', () => {
  it('find each other by four words through the relay, then use the PIN', async () => {
    const [alice, bob] = await Promise.all([person(), person()])
    await alice.getByLabel('Your name').fill('Alice')
    await invite(alice)
    await alice.getByRole('button', { name: 'Say it on the phone' }).click()
    await alice.getByLabel('Short code').locator('span').nth(3).waitFor()
    const words = await alice.getByLabel('Short code').locator('span').allTextContents()
    await look(alice, 'words')

    // typed as heard: the page completes each word after its first letters
    const typed = [...words.slice(0, 3), words[3]?.slice(0, 3)].join(' ').toUpperCase()
    await bob.getByLabel('the four words').fill(typed)
    expect(await bob.locator('#words option').evaluateAll(options => options.map(option => (option as HTMLOptionElement).value.split(' ')[3]))).toContain(words[3])
    await look(bob, 'typing')
    await bob.getByLabel('the four words').fill(words.join(' ').toUpperCase())
    await bob.getByRole('button', { name: 'Continue' }).click()
    await bob.getByRole('heading', { name: 'Join Book club?' }).waitFor()
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await type(bob, await pinOn(alice))
    await Promise.all([members(alice).nth(1).waitFor(), members(bob).nth(1).waitFor()])
  })
})

describe('Alice manages her invitations', () => {
  it('looks at who asks, and lets him in: both pages show the same characters', async () => {
    const alice = await person()
    const { link, pin } = await invite(alice, async () => {
      await alice.getByText('Options', { exact: true }).click()
      await alice.getByLabel('I confirm each').check()
    })
    const bob = await open(link)
    await bob.getByLabel('Your name').fill('Bob')
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await type(bob, pin)
    const comparison = await bob.locator('.comparison').textContent()
    await look(bob, 'waiting')

    // on whatever screen she is
    await alice.getByText('Bob knows the PIN').waitFor()
    await alice.getByRole('link', { name: 'plus-one', exact: true }).click()
    await alice.getByRole('link', { name: 'Book club 1 member 1 new' }).waitFor()
    expect(await alice.title()).toBe('(1) plus-one')
    await look(alice, 'home')
    await alice.getByText('Bob waits to join Book club.').waitFor()
    await alice.getByRole('link', { name: 'Answer' }).click()
    await alice.getByText('Bob knows the PIN').waitFor()
    await look(alice, 'candidate')
    expect(await alice.locator('.comparison').textContent()).toBe(comparison)
    expect(await members(alice).count()).toBe(1)
    await alice.getByRole('button', { name: 'It matches' }).click()
    await Promise.all([members(alice).nth(1).waitFor(), members(bob).nth(1).waitFor()])
    await alice.getByText('Bob joined Book club.').waitFor()
    await alice.getByText('waits to join').waitFor({ state: 'detached' })
    await look(alice, 'joined')
    await alice.getByRole('link', { name: /^News/ }).click()
    await look(alice, 'news')
    await alice.goBack()

    await alice.getByRole('button', { name: 'Options for Bob' }).click()
    await alice.getByRole('button', { name: 'Remove…' }).click()
    await alice.getByRole('button', { name: 'Remove', exact: true }).click()
    await members(alice).nth(1).waitFor({ state: 'detached' })
    await bob.getByRole('alert').getByText('You are not a member of Book club any more.').waitFor()
    await look(bob, 'removed')
  })

  it('from the command line, with letters for a PIN: Bob\'s page asks for those', async () => {
    const bob = await person()
    const relay = await bob.evaluate(async () => ((await (await fetch('/relay.json')).json()) as string[])[0] ?? '')
    await using terminals = await Terminals.open()
    const alice = terminals.run('alice', ['invite', '--relay', relay, '--pin', '8', '--pin-alphabet', 'ABCDEF', '--as', 'Alice'])
    const { code, pin } = await alice.until('invitation') as unknown as { code: string, pin: string }
    await bob.getByLabel('The link, the code').fill(code)
    await bob.getByRole('button', { name: 'Continue' }).click()
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await bob.getByLabel('8 characters').fill('xxxxxxxx')
    await bob.getByRole('alert').getByText('The PIN has 8 characters').waitFor()
    await bob.getByLabel('8 characters').fill(pin.toLowerCase())
    await members(bob).nth(1).waitFor()
    expect(await alice.ended()).toBe(0)
  })

  it('reads why Bob says no, and finds it in her list', async () => {
    const alice = await person()
    const { link } = await invite(alice)
    // her browser tells her of it, while she looks at another page: where it can, and she wants that
    await notifications(alice, undefined)
    await alice.getByRole('link', { name: /^News/ }).click()
    await alice.getByRole('heading', { name: 'Since this page was opened' }).waitFor()
    expect(await alice.getByText(/notif|tells you/i).count()).toBe(0)
    await alice.goBack()
    await notifications(alice, 'denied')
    await alice.getByRole('link', { name: /^News/ }).click()
    await alice.getByText('Your browser does not show notifications').waitFor()
    await alice.goBack()
    await notifications(alice, 'default')
    await alice.getByRole('link', { name: /^News/ }).click()
    await alice.getByRole('button', { name: 'Notify me' }).click()
    await alice.getByText('your browser tells you').waitFor()
    await hide(alice, true)

    const bob = await open(link)
    await bob.getByText('Decline', { exact: true }).click()
    await bob.getByLabel('Why, if you like').fill('no time')
    await look(bob, 'decline')
    await bob.getByRole('button', { name: 'No, thank you' }).click()
    await expect.poll(async () => notified(alice)).toEqual([expect.stringMatching(/no time/)])
    await hide(alice, false)
    await alice.evaluate(() => { (globalThis as unknown as Told).notified[0]?.onclick?.() })
    // its click leads to the invitation
    await alice.waitForURL(/#\/party\/.*\/invite\//)
    await look(alice, 'declined')
    await bob.getByRole('heading', { name: 'You declined' }).waitFor()
    await bob.getByRole('button', { name: 'Close' }).click()
    await bob.getByRole('heading', { name: 'Invite someone' }).waitFor()
    await alice.getByLabel('Which').selectOption('declined')
    expect(await invitations(alice).allTextContents()).toEqual([expect.stringMatching(/Declined.*no time/)])
  })

  it('revokes from the list what Bob is looking at', async () => {
    const alice = await person()
    const { link } = await invite(alice)
    const bob = await open(link)
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await bob.getByLabel('6 digits').waitFor()
    // her page is loaded again: his finds her, and hears of the end all the same
    await alice.reload()
    await invitations(alice).first().waitFor()
    expect(await invitations(alice).count()).toBe(1)
    await invitations(alice).getByRole('button', { name: 'Add a label' }).click()
    await invitations(alice).getByLabel('Label, as').fill('for Bob')
    await invitations(alice).getByRole('button', { name: 'Save' }).click()
    await invitations(alice).getByText('for Bob', { exact: true }).waitFor()
    await invitations(alice).getByRole('button', { name: 'Cancel invitation' }).click()
    await invitations(alice).getByRole('button', { name: 'Undo' }).click()
    await look(alice, 'list')
    await invitations(alice).getByRole('button', { name: 'Cancel invitation' }).click()
    await bob.getByRole('alert').getByText(/taken back|revoked/).waitFor()
    await alice.getByText('No open invitations.').waitFor()
    await alice.getByLabel('Which').selectOption('revoked')
    await invitations(alice).getByText('Cancelled by you').waitFor()

    // a page that is loaded again within the six seconds has cancelled it; a second person of this browser has no part in that
    await alice.evaluate(async () => {
      const { node } = globalThis as unknown as { node: BrowserNode }
      await (await node.services.parties.list())[0]?.invite()
    })
    await alice.getByLabel('Which').selectOption('pending')
    const second = await alice.context().newPage()
    await second.goto(alice.url())
    await second.getByText('This tab is a second person').waitFor()
    await invitations(alice).getByRole('button', { name: 'Cancel invitation' }).click()
    await invitations(alice).getByText('Cancelling…').waitFor()
    await second.reload()
    await second.getByText('This party is not on this device').waitFor()
    await alice.reload()
    await alice.getByText('No open invitations.').waitFor()

    // and who opens the link now is told so
    const carol = await open(link)
    await carol.getByRole('alert').getByText(/taken back|revoked/).waitFor()
  })

  it('finds one of 200 members, and one of 200 invitations, whatever they are called; Invite is in reach', async () => {
    const alice = await person()
    const odd = `للقارئ ${'📚'.repeat(9)} ${'Lopado'.repeat(9)}`
    await fill(alice, Array.from({ length: 199 }, (_, nth) => nth === 7 ? odd : `Guest ${nth}`))
    await alice.evaluate(async (odd) => {
      const { node } = globalThis as unknown as { node: BrowserNode }
      const [party] = await node.services.parties.list()

      for (const nth of Array(200).keys()) {
        await party?.invite({ label: nth === 7 ? odd : `for guest ${nth}` })
      }
    }, odd)

    const begun = performance.now()
    await alice.getByRole('link', { name: /^Book club 200 members/ }).click()
    await members(alice).nth(19).waitFor()
    await invitations(alice).nth(19).waitFor()
    console.info(`    200 members and 200 invitations are shown after ${Math.round(performance.now() - begun)} ms`)
    expect([await members(alice).count(), await invitations(alice).count()]).toEqual([20, 20])

    for (const list of ['Members', 'Invitations']) {
      const region = alice.getByRole('region', { name: list })
      await region.getByRole('button', { name: 'Show more (180)' }).click()
      await region.getByRole('button', { name: 'Show more (160)' }).waitFor()
      await alice.getByRole('button', { name: 'Invite', exact: true }).waitFor()
      await alice.getByLabel(`Search ${list.toLowerCase()}`).fill('LÓPADO')
      await region.getByText('1 of 200 found').waitFor()
    }

    await look(alice, 'searched')
    expect([await members(alice).allTextContents(), await invitations(alice).allTextContents()]).toEqual([[expect.stringContaining('للقارئ')], [expect.stringContaining('للقارئ')]])
    await Promise.all(['members', 'invitations'].map(async list => alice.getByLabel(`Search ${list}`).fill('')))
    await alice.getByLabel('Which').selectOption('all')
    await alice.getByRole('region', { name: 'Invitations' }).getByRole('button', { name: 'Show more (379)' }).click()
    await look(alice, 'many')
    await alice.getByRole('button', { name: 'Invite', exact: true }).click()
    await alice.getByRole('button', { name: 'Invite someone' }).click()
    await pinOn(alice)
  })

  it('writes a list and a note with whom she invited, invites him into another party with one button, and removes him', async () => {
    const alice = await person()
    await alice.getByLabel('Guests see you as').fill('Alice')
    const { link, pin } = await invite(alice)
    const bob = await open(link)
    await bob.getByText('Alice', { exact: true }).waitFor()
    await bob.getByLabel('Your name').fill('Bob')
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await type(bob, pin)
    await members(alice).nth(1).waitFor()
    await members(alice).getByText('Bob', { exact: true }).waitFor()

    await bob.getByRole('button', { name: 'Open Book club' }).click()
    await alice.getByLabel('New on the list').fill('Emma')
    await alice.getByRole('button', { name: 'Add', exact: true }).click()
    await bob.getByRole('checkbox', { name: 'Emma' }).check()
    // it is shown for two seconds: on a busy machine Alice's page may draw it too late
    await expect.poll(async () => {
      await bob.getByLabel('Note', { exact: true }).fill('On Monday')
      await bob.getByLabel('Note', { exact: true }).fill('On Tuesday')

      return alice.getByLabel('Here now').getByText('Bob is typing…').isVisible()
    }, { timeout: 60_000 }).toBe(true)
    expect(await alice.getByRole('checkbox', { name: 'Emma' }).isChecked()).toBe(true)
    await note(alice, 'On Tuesday')
    await look(alice, 'shared')
    // a reload keeps it
    await bob.reload()
    await note(bob, 'On Tuesday')

    await alice.getByRole('link', { name: 'plus-one', exact: true }).click()
    await alice.getByLabel('Its name').fill('Choir')
    await alice.getByRole('button', { name: 'Create' }).click()
    await alice.getByRole('button', { name: 'Invite Bob' }).click()
    await alice.getByText('has it, and may say yes or no').waitFor()
    await look(alice, 'direct')
    await bob.getByRole('link', { name: 'plus-one', exact: true }).click()
    await bob.getByRole('link', { name: /^Choir from Alice/ }).waitFor()
    // what she takes back is gone from his list as soon as he looks at the page again
    await alice.getByRole('button', { name: 'Cancel invitation' }).first().click()
    await alice.getByRole('button', { name: 'New invitation' }).waitFor()
    await alice.getByRole('button', { name: 'Close' }).click()
    await hide(bob, false)
    await bob.getByRole('link', { name: /^Choir/ }).waitFor({ state: 'detached' })
    await alice.getByRole('button', { name: 'Invite Bob' }).click()
    await bob.getByRole('link', { name: /^Choir/ }).click()
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await bob.getByRole('heading', { name: 'Choir' }).waitFor()
    await Promise.all([members(alice).nth(1).waitFor(), members(bob).nth(1).waitFor()])

    // a reader reads, and who is removed sees nothing new
    await Promise.all([alice, bob].map(async (page) => {
      await page.getByRole('link', { name: 'plus-one', exact: true }).click()
      await page.getByRole('link', { name: /^Book club/ }).click()
      await page.getByRole('checkbox', { name: 'Emma' }).waitFor()
    }))
    await alice.getByRole('button', { name: 'Options for Bob' }).click()
    await alice.getByRole('region', { name: 'Members' }).getByLabel('Permission').selectOption('reader')
    await bob.getByText('You can read this').waitFor()
    expect(await bob.getByLabel('Note', { exact: true }).isEditable()).toBe(false)
    await alice.getByLabel('Note', { exact: true }).fill('On Monday')
    await note(bob, 'On Monday')
    await look(bob, 'shared-reader')
    await alice.getByRole('button', { name: 'Options for Bob' }).click()
    await alice.getByRole('button', { name: 'Remove…' }).click()
    await alice.getByRole('button', { name: 'Remove', exact: true }).click()
    await bob.getByText('nothing new reaches you').waitFor()
    await alice.getByLabel('New on the list').fill('Sanditon')
    await alice.getByRole('button', { name: 'Add', exact: true }).click()
    await alice.getByRole('checkbox', { name: 'Sanditon' }).waitFor()
    await look(bob, 'shared-removed')
    expect(await bob.getByRole('checkbox').count()).toBe(1)
  })
})
