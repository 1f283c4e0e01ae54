import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { chromium } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lanAddresses } from '../../../demo/lan.js'
import { chromiumArguments, findChromium } from '../../../scripts/chromium.js'
import { invite, members, type } from './demo.js'
import type { ChildProcess } from 'node:child_process'
import type { Browser, Page } from 'playwright'

/** The page's port, and the relay's. */
const [PORT, RELAY_PORT] = [4421, 4411]
const [address] = lanAddresses()

/** `npm start`, without its build. */
function start (args: string[] = [], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, ['demo/start.js', ...args], { env: { ...process.env, CI: 'true', RELAY: '', PORT: '', RELAY_PORT: String(RELAY_PORT), ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** What it said on stderr until it ended. */
async function complaint (child: ChildProcess): Promise<string> {
  let said = ''
  child.stderr?.on('data', chunk => { said += String(chunk) })
  const [code] = await once(child, 'close') as [number | null]
  expect(code).toBe(1)

  return said
}

describe.runIf(address != null)('npm start -- --lan', () => {
  const url = `https://${address ?? ''}:${PORT}/`
  let demo: ChildProcess
  let said: string
  let browser: Browser

  const person = async (link = url): Promise<Page> => {
    const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage()
    await page.goto(link)
    await page.getByText('online', { exact: true }).waitFor()

    return page
  }

  beforeAll(async () => {
    demo = start(['--lan'], { PORT: String(PORT) })
    const [chunk] = await once(demo.stdout as NodeJS.ReadableStream, 'data') as [Buffer]
    said = chunk.toString()
    browser = await chromium.launch({ executablePath: findChromium(), args: chromiumArguments() })
  })

  afterAll(async () => {
    await browser.close()
    demo.kill('SIGTERM')
    await once(demo, 'exit')
  })

  it('names an address where phones open the page and reach the relay, at one origin; there two people meet', async () => {
    expect(said).toContain(`open ${url}`)
    const alice = await person()
    expect(await alice.evaluate(async () => await (await fetch('/phone.json')).json() as unknown)).toEqual({ url })
    expect(await alice.evaluate(async () => await (await fetch('/relay.json')).json() as unknown)).toEqual([expect.stringContaining(`/ip4/${address ?? ''}/tcp/${PORT}/tls/ws/p2p/`)])

    const { link, pin } = await invite(alice)
    const bob = await person(link)
    await bob.getByRole('button', { name: 'Yes, join' }).click()
    await type(bob, pin)
    await Promise.all([members(alice).nth(1).waitFor(), members(bob).nth(1).waitFor()])
  })

  it('started twice, names the one that runs, and what starts a second one: which does', async () => {
    const text = await complaint(start())
    expect(text).toMatch(new RegExp(`^plus-one: it runs already: open ${url}; RELAY_PORT=\\d+ npm start .*\\n$`))
    const [, RELAY_PORT = ''] = /RELAY_PORT=(\d+)/.exec(text) ?? []
    const second = start([], { RELAY_PORT })
    const [line] = await once(second.stdout as NodeJS.ReadableStream, 'data') as [Buffer]
    const [, at = ''] = /open (\S+)/.exec(line.toString()) ?? []
    expect((await fetch(at)).status).toBe(200)
    expect(await (await fetch(new URL('phone.json', at))).json()).toEqual({})
    second.kill('SIGTERM')
    await once(second, 'exit')
  })
})

describe('npm start', () => {
  it('says in one line whose port is taken, what is no port, and what it does not know', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    expect(await complaint(start([], { PORT: String(port), RELAY_PORT: '4431' }))).toMatch(new RegExp(`^plus-one: another program has port ${port}; PORT=\\d+ npm start takes another\\n$`))
    expect(await complaint(start([], { RELAY_PORT: String(port) }))).toMatch(new RegExp(`^plus-one: another program has port ${port} or ${port + 1}, which the relay takes; RELAY_PORT=\\d+ npm start takes others\\n$`))
    expect(await complaint(start([], { PORT: 'x' }))).toMatch(/^plus-one: x is no port; .*\n$/)
    expect(await complaint(start([], { RELAY_PORT: '4190' }))).toMatch(/^plus-one: 4190 is a port that browsers open nothing at; .*\n$/)
    expect(await complaint(start(['--wan']))).toMatch(/^plus-one: Unknown option '--wan'.*npm start -- --lan.*\n$/)
    expect(await complaint(start(['--lan'], { RELAY: '/ip4/127.0.0.1/tcp/4100/ws' }))).toMatch(/^plus-one: with --lan .*\/tls\/ws\n$/)
    other.close()
  })
})
