import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumArguments, findChromium } from '../../scripts/chromium.js'
import type { ChildProcess } from 'node:child_process'
import type { Browser, BrowserContextOptions, Page } from 'playwright'

const RELAY_PORT = 4310
const PORT = 4320
const URL = `http://127.0.0.1:${PORT}/`

let data: string
let relay: ChildProcess
let page: ChildProcess
let browser: Browser

/** Runs the CLI's relay and gives the address that a page on this machine dials. */
async function startRelay (): Promise<string> {
  relay = spawn(process.execPath, ['dist/cli/main.js', 'relay', '--json', '--port', String(RELAY_PORT), '--data', data], { stdio: ['ignore', 'pipe', 'ignore'] })

  for await (const line of createInterface({ input: relay.stdout as NodeJS.ReadableStream })) {
    const event = JSON.parse(line) as { event: string, addresses?: string[] }
    const address = event.addresses?.find(address => address.includes('/127.0.0.1/') && address.includes('/ws'))

    if (address != null) {
      return address
    }
  }

  throw new Error('The relay ended before it listened')
}

async function stop (child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode == null && child.signalCode == null) {
    child.kill(signal)
    await once(child, 'exit')
  }
}

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'plus-one-demo-'))
  const address = await startRelay()
  page = spawn(process.execPath, ['demo/start.js'], { env: { ...process.env, CI: 'true', RELAY: address, PORT: String(PORT) }, stdio: ['ignore', 'pipe', 'inherit'] })
  await once(page.stdout as NodeJS.ReadableStream, 'data')
  browser = await chromium.launch({ executablePath: findChromium(), args: chromiumArguments() })
  // the first load has Vite prepare its packages
  await person()
}, 90_000)

afterAll(async () => {
  await browser.close()
  await Promise.all([stop(page), stop(relay)])
  await rm(data, { recursive: true, force: true })
})

/** A person with a browser of their own, at the page. */
async function person (path = '', options: BrowserContextOptions = {}): Promise<Page> {
  const own = await (await browser.newContext(options)).newPage()
  await own.goto(URL + path)
  await own.getByText('online', { exact: true }).waitFor({ timeout: 45_000 })

  return own
}

async function invite (alice: Page, onTerms = async (): Promise<void> => {}): Promise<{ link: string, pin: string }> {
  await alice.getByLabel('Its name').fill('Book club')
  await alice.getByRole('button', { name: 'Create' }).click()
  await onTerms()
  await alice.getByRole('button', { name: 'Invite someone' }).click()
  const pin = await alice.locator('.pin').textContent()

  return { link: await alice.getByLabel('Invitation link').inputValue(), pin: (pin ?? '').replace(/\s/g, '') }
}

async function open (link: string, options?: BrowserContextOptions): Promise<Page> {
  return person(link.slice(URL.length), options)
}

const type = async (bob: Page, pin: string): Promise<void> => bob.getByLabel('Digit 1 of 6').fill(pin)
const wrong = (pin: string): string => ((Number(pin) + 1) % 1_000_000).toString().padStart(6, '0')
const members = (of: Page) => of.getByRole('list', { name: 'Members' }).getByRole('listitem')

const invitations = (of: Page) => of.getByRole('list', { name: 'Invitations' }).getByRole('listitem')

/** For eyes: `SHOTS=/tmp/shots` keeps pictures of the screens. */
async function shot (of: Page, name: string): Promise<void> {
  if (process.env.SHOTS != null) {
    await of.screenshot({ path: join(process.env.SHOTS, `${name}.png`), fullPage: true })
  }
}

/** Remote addresses of connections without limits between these pages. */
async function direct (of: Page): Promise<string[]> {
  return of.evaluate(() => (globalThis as unknown as { node: { getConnections: () => Array<{ limits?: object, remoteAddr: { toString: () => string } }> } }).node
    .getConnections().filter(({ limits }) => limits == null).map(({ remoteAddr }) => remoteAddr.toString()))
}

describe('Two browsers', () => {
  it('invite each other over WebRTC: a wrong PIN, then the right one', async () => {
    const alice = await person()
    const { link, pin } = await invite(alice)
    const bob = await open(link, { viewport: { width: 390, height: 800 }, colorScheme: 'dark' })

    expect(bob.url()).toBe(URL)
    await bob.getByRole('heading', { name: 'Join Book club?' }).waitFor()
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

  it('see an invitation expire on both pages', async () => {
    const alice = await person('?lifetime=4')
    const { link } = await invite(alice)
    const bob = await open(link.replace('?lifetime=4', ''))
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await Promise.all([
      alice.getByText('The invitation has expired.').waitFor(),
      bob.getByText('The invitation has expired; ask for a new code').waitFor()
    ])

    // and who opens the link now is told so
    const carol = await open(link.replace('?lifetime=4', ''))
    await carol.getByRole('alert').getByText('The invitation has expired; ask for a new code').waitFor()
  })

  it('go on after either page was loaded again', async () => {
    const alice = await person()
    const { link, pin } = await invite(alice)
    const bob = await open(link)
    await bob.getByRole('heading', { name: 'Join Book club?' }).waitFor()

    await alice.reload()
    await alice.getByText('online', { exact: true }).waitFor()
    await bob.reload()
    await bob.getByRole('heading', { name: 'Join Book club?' }).waitFor({ timeout: 30_000 })
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await type(bob, pin)
    await members(bob).nth(1).waitFor({ timeout: 30_000 })
    await alice.getByRole('button', { name: 'Book club 2 members' }).click()
    await members(alice).nth(1).waitFor()
  })

  it('say so when the inviter\'s tab is closed', async () => {
    const alice = await person()
    const { link, pin } = await invite(alice)
    const bob = await open(link)
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await bob.getByLabel('Digit 1 of 6').waitFor()
    await alice.close()
    await type(bob, pin)
    await bob.getByText('The inviter cannot be reached').waitFor({ timeout: 50_000 })
  })

  it('go on over WebRTC when the relay stops after they are connected', async () => {
    const alice = await person()
    const { link, pin } = await invite(alice)
    const bob = await open(link)
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await bob.getByLabel('Digit 1 of 6').waitFor()
    expect((await direct(bob)).some(address => address.includes('/webrtc'))).toBe(true)

    await stop(relay, 'SIGKILL')
    await bob.getByText('connecting…').waitFor()
    await type(bob, pin)
    await Promise.all([members(alice).nth(1).waitFor(), members(bob).nth(1).waitFor()])
    await startRelay()
  })

  it('find each other by an open invitation after the relay was restarted', async () => {
    const alice = await person()
    const { link, pin } = await invite(alice)
    await stop(relay, 'SIGKILL')
    await alice.getByText('connecting…').waitFor()
    await startRelay()
    await alice.getByText('online', { exact: true }).waitFor({ timeout: 30_000 })

    const bob = await open(link)
    await bob.getByRole('button', { name: 'Yes, join' }).click({ timeout: 40_000 })
    await type(bob, pin)
    await Promise.all([members(alice).nth(1).waitFor(), members(bob).nth(1).waitFor()])
  })

  it('are told what is wrong with a link', async () => {
    const bob = await person(`#${'A'.repeat(80)}`)
    await bob.getByRole('alert').getByText(/mistyped|letters/).waitFor()
    expect(bob.url()).toBe(URL)
  })
})

describe('Two people on the phone', () => {
  it('find each other by four words through the relay, then use the PIN', async () => {
    const [alice, bob] = await Promise.all([person(), person()])
    await alice.getByLabel('Your name').fill('Alice')
    await invite(alice)
    await alice.getByRole('button', { name: 'Say it on the phone' }).click()
    await alice.getByLabel('Short code').locator('span').nth(3).waitFor()
    const words = await alice.getByLabel('Short code').locator('span').allTextContents()
    await shot(alice, 'words')

    // typed as heard: the page completes each word after its first letters
    const typed = [...words.slice(0, 3), words[3]?.slice(0, 3)].join(' ').toUpperCase()
    await bob.getByLabel('the four words').fill(typed)
    expect(await bob.locator('#words option').evaluateAll(options => options.map(option => (option as HTMLOptionElement).value.split(' ')[3]))).toContain(words[3])
    await shot(bob, 'typing')
    await bob.getByLabel('the four words').fill(words.join(' ').toUpperCase())
    await bob.getByRole('button', { name: 'Look at it' }).click()
    await bob.getByRole('heading', { name: 'Join Book club?' }).waitFor({ timeout: 30_000 })
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await type(bob, (await alice.locator('.pin').textContent() ?? '').replace(/\s/g, ''))
    await Promise.all([members(alice).nth(1).waitFor(), members(bob).nth(1).waitFor()])
  })
})

describe('Alice manages her invitations', () => {
  it('looks at who asks, and lets him in: both pages show the same characters', async () => {
    const alice = await person()
    const { link, pin } = await invite(alice, async () => {
      await alice.getByText('On other terms').click()
      await alice.getByLabel('I look at each').check()
    })
    const bob = await open(link)
    await bob.getByLabel('Your name').fill('Bob')
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await type(bob, pin)
    const comparison = await bob.locator('.comparison').textContent()
    await shot(bob, 'waiting')
    await alice.getByText('Bob knows the PIN').waitFor()
    await shot(alice, 'candidate')
    expect(await alice.locator('.comparison').textContent()).toBe(comparison)
    expect(await members(alice).count()).toBe(1)
    await alice.getByRole('button', { name: 'Let them in' }).click()
    await Promise.all([members(alice).nth(1).waitFor(), members(bob).nth(1).waitFor()])
  })

  it('reads why Bob says no, and finds it in her list', async () => {
    const alice = await person()
    const { link } = await invite(alice)
    const bob = await open(link)
    await bob.getByText('Say no', { exact: true }).click()
    await bob.getByLabel('Why, if you like').fill('no time')
    await shot(bob, 'decline')
    await bob.getByRole('button', { name: 'No, thank you' }).click()
    await alice.getByText('They said no: “no time”').waitFor()
    await bob.getByRole('heading', { name: 'Invite someone' }).waitFor()
    await alice.getByLabel('Which').selectOption('declined')
    expect(await invitations(alice).allTextContents()).toEqual([expect.stringContaining('declined')])
  })

  it('revokes from the list what Bob is looking at', async () => {
    const alice = await person()
    const { link } = await invite(alice)
    const bob = await open(link)
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await bob.getByLabel('Digit 1 of 6').waitFor()
    expect(await invitations(alice).count()).toBe(1)
    await shot(alice, 'list')
    await invitations(alice).getByRole('button', { name: 'Revoke' }).click()
    await bob.getByRole('alert').getByText(/taken back|revoked/).waitFor()
    await alice.getByText('None pending.').waitFor()
    await alice.getByLabel('Which').selectOption('revoked')
    await invitations(alice).getByText('revoked by you').waitFor()

    // and who opens the link now is told so
    const carol = await open(link)
    await carol.getByRole('alert').getByText(/taken back|revoked/).waitFor()
  })

  it('invites whom she knows into another party with one button, and he says yes', async () => {
    const alice = await person()
    const { link, pin } = await invite(alice)
    const bob = await open(link)
    await bob.getByLabel('Your name').fill('Bob')
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await type(bob, pin)
    await members(alice).nth(1).waitFor()
    await alice.getByText('Bob', { exact: true }).waitFor()

    await alice.getByRole('button', { name: 'plus-one' }).click()
    await alice.getByLabel('Its name').fill('Choir')
    await alice.getByRole('button', { name: 'Create' }).click()
    await alice.getByRole('button', { name: 'Invite Bob' }).click()
    await alice.getByText('has it, and may say yes or no').waitFor()
    await shot(alice, 'direct')
    await bob.getByRole('button', { name: 'plus-one' }).click()
    await bob.getByRole('button', { name: /^Choir/ }).click()
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await bob.getByRole('heading', { name: 'Choir' }).waitFor()
    await Promise.all([members(alice).nth(1).waitFor(), members(bob).nth(1).waitFor()])
  })
})

describe('Both sides on one page', () => {
  it('show the messages that pass, by name and size, and never the PIN', async () => {
    const visitor = await person()
    await visitor.getByRole('link', { name: 'Watch both sides' }).click()
    const pin = (await visitor.locator('.pin').textContent() ?? '').replace(/\s/g, '')
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
