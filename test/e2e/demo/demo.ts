/** The demo as people have it: a relay, the page, and browsers of their own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { chromiumArguments, findChromium } from '../../../scripts/chromium.js'
import type { ChildProcess } from 'node:child_process'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright'

const AXE = fileURLToPath(import.meta.resolve('axe-core/axe.min.js'))

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
export async function invite (alice: Page, onTerms = async (): Promise<void> => {}, name = 'Book club'): Promise<{ link: string, pin: string }> {
  await alice.getByLabel('Its name').fill(name)
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

/** A page shows this note. */
export async function note (of: Page, text: string): Promise<void> {
  await of.getByLabel('Note', { exact: true }).waitFor()
  await expect.poll(async () => of.getByLabel('Note', { exact: true }).inputValue(), { timeout: 60_000 }).toBe(text)
}

/** Screens of which the docs have pictures. */
const PICTURED = ['home', 'party', 'news', 'list', 'devices', 'unlink', 'recovery-words', 'recovered', 'elsewhere', 'joined']

/** Pictures of a screen: the widths of a phone and a desktop, px, and both themes. */
const WIDTHS = [360, 1280] as const
const THEMES = ['dark', 'light'] as const

/** axe's rules on colours: a theme is other colours and nothing else, so the second one needs these alone. */
const ON_COLOURS = ['color-contrast', 'link-in-text-block']

/**
 * Checks a screen with axe in both themes: nothing may be found. For eyes, `SHOTS=/tmp/shots` keeps pictures of all
 * screens, and `SHOTS=docs/screenshots` of those that the docs show.
 */
export async function look (at: Page, name: string): Promise<void> {
  const { SHOTS: folder } = process.env
  const size = at.viewportSize()
  const was = await at.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')

  if (!await at.evaluate(() => 'axe' in globalThis)) {
    await at.addScriptTag({ path: AXE })
  }

  for (const [nth, theme] of THEMES.entries()) {
    await at.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    const found = await at.evaluate(async (options) => {
      const { violations } = await (globalThis as unknown as { axe: { run: (options: object) => Promise<{ violations: Array<{ id: string, nodes: Array<{ html: string, failureSummary?: string }> }> }> } }).axe.run(options)

      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`).join('; ')}`)
    }, nth === 0 ? {} : { runOnly: ON_COLOURS })
    expect(found, `${name}, ${theme}`).toEqual([])

    if (folder != null && (!folder.includes('docs') || PICTURED.includes(name))) {
      for (const width of WIDTHS) {
        await at.setViewportSize({ width, height: width === 360 ? 740 : 800 })
        await at.screenshot({ path: join(folder, `${name}-${width}-${theme}.png`), fullPage: true })
        // what does not fit would be scrolled to
        expect(await at.evaluate(() => document.documentElement.scrollWidth), `${name} at ${width}`).toBeLessThanOrEqual(width)
      }
    }
  }

  if (size != null) {
    await at.setViewportSize(size)
  }

  await at.emulateMedia({ colorScheme: was })
}
