/** The demo as people have it: a relay, the page, and browsers of their own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { chromiumArguments, findChromium } from '../../../scripts/chromium.js'
import type { ChildProcess } from 'node:child_process'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright'

/** How long a page may take for anything, ms: for what hangs, on a machine that others keep busy. */
const PATIENCE = 90_000

export interface Demo {
  /** Where the page is. */
  url: string
  startRelay: () => Promise<string>
  /** As a power cut does. */
  killRelay: () => Promise<void>
  /** A person with a browser of their own, at the page. */
  person: (path?: string, options?: BrowserContextOptions) => Promise<Page>
  /** One who was sent this link. */
  open: (link: string, options?: BrowserContextOptions) => Promise<Page>
}

/** Runs the demo for the tests of one file. @param base - The page's port; the relay has the ten below it. `PORTS=1000` moves them, where two checkouts are tested at once */
export function useDemo (base: number): Demo {
  const port = base + Number(process.env.PORTS ?? 0)
  const url = `http://127.0.0.1:${port}/`
  let data: string
  let relay: ChildProcess
  let page: ChildProcess
  let browser: Browser

  /** Runs the CLI's relay and gives the address that a page on this machine dials. */
  const startRelay = async (): Promise<string> => {
    relay = spawn(process.execPath, ['cli/bin/plus-one.js', 'relay', '--json', '--port', String(port - 10), '--data', data], { stdio: ['ignore', 'pipe', 'ignore'] })

    for await (const line of createInterface({ input: relay.stdout as NodeJS.ReadableStream })) {
      const event = JSON.parse(line) as { event: string, addresses?: string[] }
      const address = event.addresses?.find(address => address.includes('/127.0.0.1/') && address.includes('/ws'))

      if (address != null) {
        return address
      }
    }

    throw new Error('The relay ended before it listened')
  }

  const person = async (path = '', options: BrowserContextOptions = {}): Promise<Page> => {
    const own = await (await browser.newContext(options)).newPage()
    own.setDefaultTimeout(PATIENCE)
    await own.goto(url + path)
    await own.getByText('online', { exact: true }).waitFor()

    return own
  }

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'plus-one-demo-'))
    const address = await startRelay()
    page = spawn(process.execPath, ['demo/start.js'], { env: { ...process.env, CI: 'true', RELAY: address, PORT: String(port) }, stdio: ['ignore', 'pipe', 'inherit'] })
    await once(page.stdout as NodeJS.ReadableStream, 'data')
    browser = await chromium.launch({ executablePath: findChromium(), args: chromiumArguments() })
  })

  // pages that nobody looks at any more go on counting down, and keep their connections
  afterEach(async () => {
    await Promise.all(browser.contexts().map(async context => context.close()))
  })

  afterAll(async () => {
    await browser.close()
    await Promise.all([stop(page), stop(relay)])
    await rm(data, { recursive: true, force: true })
  })

  return { url, startRelay, killRelay: async () => stop(relay, 'SIGKILL'), person, open: async (link, options) => person(link.slice(url.length), options) }
}

async function stop (child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode == null && child.signalCode == null) {
    child.kill(signal)
    await once(child, 'exit')
  }
}

/** Alice starts a party, and invites. */
export async function invite (alice: Page, onTerms = async (): Promise<void> => {}): Promise<{ link: string, pin: string }> {
  await alice.getByLabel('Its name').fill('Book club')
  await alice.getByRole('button', { name: 'Create' }).click()
  await onTerms()
  await alice.getByRole('button', { name: 'Invite someone' }).click()

  return { link: await alice.getByLabel('Invitation link').inputValue(), pin: await pinOn(alice) }
}

export async function pinOn (alice: Page): Promise<string> {
  return (await alice.locator('.pin').textContent() ?? '').replace(/\s/g, '')
}

export const type = async (bob: Page, pin: string): Promise<void> => bob.getByLabel('6 digits').fill(pin)
export const wrong = (pin: string): string => ((Number(pin) + 1) % 1_000_000).toString().padStart(6, '0')
export const members = (of: Page): Locator => of.getByRole('list', { name: 'Members' }).getByRole('listitem')

/** For eyes: `SHOTS=/tmp/shots` keeps pictures of the screens. */
export async function shot (of: Page, name: string): Promise<void> {
  if (process.env.SHOTS != null) {
    await of.screenshot({ path: join(process.env.SHOTS, `${name}.png`), fullPage: true })
  }
}
