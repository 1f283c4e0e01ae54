import { describe, expect, it } from 'vitest'
import { invite, members, pinOn, look, type, useDemo } from './demo.js'
import type { Locator, Page } from 'playwright'

const { person, open } = useDemo(4360)

const devices = (of: Page): Locator => of.getByRole('list', { name: 'Devices' }).getByRole('listitem')
const home = async (of: Page): Promise<void> => of.getByRole('link', { name: 'plus-one', exact: true }).click()

/** Shows the words, writes them down, and gives the two that are asked for. */
async function writeDown (of: Page): Promise<string> {
  await home(of)
  await of.getByText('Write your recovery words down.').waitFor()
  await look(of, 'home-reminder')
  await of.getByRole('link', { name: /^Recovery words/ }).click()
  await of.getByRole('button', { name: 'Show the words' }).click()
  const list = of.getByRole('list', { name: 'Recovery words' }).getByRole('listitem')
  await list.nth(11).waitFor()
  const words = await list.allTextContents()
  await look(of, 'recovery-words')
  await of.getByRole('button', { name: 'I wrote them down' }).click()
  const inputs = of.getByLabel(/^Word \d+$/)
  await inputs.nth(1).waitFor()

  for (const input of await inputs.all()) {
    const id = await input.getAttribute('id')
    const place = Number(/\d+/.exec(await of.locator(`label[for="${id}"]`).textContent() ?? ''))
    await input.fill(words[place - 1] ?? '')
  }

  await look(of, 'recovery-confirm')
  await of.getByRole('button', { name: 'Continue' }).click()
  await of.getByText('Nothing to do.').waitFor()

  return words.join(' ')
}

/** A code on the phone, the PIN on the laptop, the same characters on both. */
async function link (phone: Page): Promise<Page> {
  await home(phone)
  await phone.getByRole('link', { name: /^My devices/ }).click()
  await phone.getByRole('button', { name: 'Add a device' }).click()
  const pin = await pinOn(phone)
  await look(phone, 'device-sheet')
  const laptop = await open(await phone.getByLabel('Invitation link').inputValue())
  await laptop.getByText('This makes this browser a device of Alice’s.').waitFor()
  await laptop.getByLabel('Name of this device').fill('Laptop')
  await look(laptop, 'device-join')
  await laptop.getByRole('button', { name: 'Continue' }).click()
  await type(laptop, pin)
  const comparison = await laptop.locator('.comparison').textContent()
  await look(laptop, 'device-waiting')
  expect(await phone.locator('.comparison').textContent()).toBe(comparison)
  await look(phone, 'device-candidate')
  await phone.getByRole('button', { name: 'It matches' }).click()
  await laptop.getByRole('heading', { name: 'My devices' }).waitFor()

  return laptop
}

/** Unlinks a device that was lost. @param words - Typed, where they are asked for */
async function unlink (at: Page, lost: string, words?: string): Promise<void> {
  await devices(at).filter({ hasText: lost, hasNotText: '(this one)' }).getByRole('button', { name: 'Unlink…' }).click()

  if (words != null) {
    await at.getByLabel('Your 12 recovery words').fill(words)
  }

  await at.getByText('Unlinked from').waitFor()
  await look(at, words == null ? 'unlink-recovered' : 'unlink-words')
  await at.getByRole('button', { name: 'Unlink', exact: true }).click()
  await at.getByRole('status').getByText('is unlinked.').first().waitFor()
}

describe('Alice has a phone and a laptop', () => {
  it('links the laptop, which can invite at once; loses it, and unlinks it on the phone', async () => {
    const phone = await person('', { viewport: { width: 360, height: 740 } })
    await phone.getByLabel('Your name').fill('Alice')
    await invite(phone)

    const laptop = await link(phone)
    await devices(laptop).nth(1).waitFor()
    await devices(phone).getByText('Laptop').waitFor()
    await look(laptop, 'devices')
    await home(laptop)
    await laptop.getByRole('link', { name: 'Book club 1 member' }).click()
    await laptop.getByRole('button', { name: 'Invite someone' }).click()
    await laptop.locator('.pin').waitFor()
    expect(await members(laptop).allTextContents()).toEqual([expect.stringContaining('(you)')])

    // it is lost
    await phone.getByRole('button', { name: 'Close' }).click()
    await devices(phone).filter({ hasText: 'Laptop' }).getByRole('button', { name: 'Unlink…' }).click()
    await phone.getByText('Unlinked from').waitFor()
    await look(phone, 'unlink')
    await phone.getByRole('button', { name: 'Unlink', exact: true }).click()
    await phone.getByText('Laptop is unlinked.').waitFor()
    expect(await devices(phone).count()).toBe(1)
    await laptop.getByText('You are not a member any more.').waitFor()
    await home(laptop)
    await laptop.getByRole('link', { name: /^My devices/ }).click()
    await laptop.getByRole('alert').getByText('This device was unlinked.').first().waitFor()
    await look(laptop, 'unlinked')
    await laptop.getByRole('button', { name: 'Delete everything on this device' }).click()
    await laptop.getByText('I have my 12 words').waitFor()
    expect(await laptop.getByRole('link', { name: /^Book club/ }).count()).toBe(0)
  })

  it('comes back by her words: with any code, with a backup; and unlinks what she lost, with the words', async () => {
    const phone = await person('', { viewport: { width: 360, height: 740 } })
    await phone.getByLabel('Your name').fill('Alice')
    const { link: code } = await invite(phone)
    const words = await writeDown(phone)

    const third = await person('', { colorScheme: 'dark' })
    await third.getByRole('link', { name: /^Recover / }).click()
    // one in sixteen of those that a person gets wrong has a right checksum; this one has not
    await third.getByLabel('Your 12 recovery words').fill(Array(12).fill('abandon').join(' '))
    await third.getByLabel('An invitation link').fill(code)
    await third.getByRole('button', { name: 'Recover', exact: true }).click()
    await third.getByRole('alert').getByText('One of these words').waitFor()
    await look(third, 'recover-wrong')
    await third.getByLabel('Your 12 recovery words').fill(words)
    await third.getByRole('button', { name: 'Try again' }).click()
    await third.getByRole('heading', { name: 'You are back' }).waitFor()
    await third.getByText('Book club').waitFor()
    await devices(third).nth(1).waitFor()
    await look(third, 'recovered')

    await devices(third).getByText(/^online/).waitFor()
    await third.getByRole('button', { name: 'Done' }).click()
    await third.getByRole('link', { name: 'Book club 1 member' }).waitFor()
    await third.getByRole('link', { name: /^Recovery words/ }).click()
    const saved = third.waitForEvent('download')
    await third.getByRole('button', { name: 'Save a backup' }).click()
    const backup = await (await saved).path()

    // without a code; the words are not asked for again
    const fourth = await person()
    await fourth.getByRole('link', { name: /^Recover / }).click()
    await fourth.getByLabel('Your 12 recovery words').fill(words)
    await fourth.getByLabel('Or a backup').setInputFiles(backup)
    await look(fourth, 'recover')
    await fourth.getByRole('button', { name: 'Recover', exact: true }).click()
    await fourth.getByRole('heading', { name: 'You are back' }).waitFor()
    await unlink(fourth, 'Chrome on Linux')
    await fourth.getByRole('button', { name: 'Done' }).click()

    // later they are
    await fourth.getByRole('link', { name: /^My devices/ }).click()
    await unlink(fourth, 'Device …', words)
    expect(await devices(fourth).count()).toBe(1)
  })
})

describe('Alice has members', () => {
  it('makes Bob an owner, leaves, and is told as the only owner what that would mean', async () => {
    const alice = await person()
    const { link: code, pin } = await invite(alice)
    const bob = await open(code)
    await bob.getByLabel('Your name').fill('Bob')
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await type(bob, pin)
    await bob.getByRole('button', { name: 'Open Book club' }).click()
    await members(alice).nth(1).waitFor()
    await members(alice).getByText('Bob', { exact: true }).waitFor()

    await alice.getByRole('button', { name: 'Leave…' }).click()
    await look(alice, 'leave')
    await alice.getByRole('button', { name: 'Leave', exact: true }).click()
    await alice.getByText('You are the only owner.').waitFor()
    await look(alice, 'last-owner')
    await alice.getByRole('button', { name: 'Cancel' }).last().click()

    await alice.getByRole('button', { name: 'Options for Bob' }).click()
    await look(alice, 'member-options')
    await alice.getByLabel('Permission').selectOption('owner')
    await bob.getByRole('button', { name: 'Invite someone' }).waitFor()
    await alice.getByRole('button', { name: 'Leave…' }).click()
    await alice.getByRole('button', { name: 'Leave', exact: true }).click()
    await alice.getByText('You are not a member any more.').waitFor()
    await members(bob).nth(1).waitFor({ state: 'detached' })
    await look(alice, 'left')
    await alice.getByRole('button', { name: 'Delete from this device' }).click()
    await alice.getByRole('heading', { name: 'Start a party' }).waitFor()
    expect(await alice.getByRole('link', { name: /^Book club/ }).count()).toBe(0)
  })
})
