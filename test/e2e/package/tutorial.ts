/** docs/tutorial.md, followed: its files, its packages, its relay; Alice and Bob in two browsers. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright'
import { createServer } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumArguments, findChromium } from '../../../scripts/chromium.js'
import type { App } from './packages.js'
import type { ChildProcess } from 'node:child_process'
import type { Browser, Page } from 'playwright'
import type { ViteDevServer } from 'vite'

/** For what hangs, ms: packing, building and three processes on a machine that others keep busy. */
const PATIENCE = 240_000

const page = await readFile('docs/tutorial.md', 'utf8')
/** A file's name in bold, then what is in it. */
const files = new Map([...page.matchAll(/^\*\*`([^`]+)`\*\*\n\n```\w+\n([\s\S]*?)```/gm)].map(([, name = '', text = '']) => [name, text]))

let app: App
let relay: ChildProcess
let server: ViteDevServer
let browser: Browser

/** The relay of the page's second step, and the address that the page has to be told. */
async function startRelay (): Promise<string> {
  const [, command = ''] = /^npx plus-one (relay .*)$/m.exec(page) ?? []
  relay = spawn(process.execPath, [join(app.cli.folder, 'bin', 'plus-one.js'), ...command.split(' '), '--port', '0', '--json'], { cwd: app.folder, stdio: ['ignore', 'pipe', 'ignore'] })

  for await (const line of createInterface({ input: relay.stdout as NodeJS.ReadableStream })) {
    const address = (JSON.parse(line) as { addresses?: string[] }).addresses?.find(address => address.includes('/127.0.0.1/') && address.includes('/ws/'))

    if (address != null) {
      return address
    }
  }

  throw new Error('The relay ended before it listened')
}

async function person (url: string): Promise<Page> {
  const own = await (await browser.newContext()).newPage()
  own.setDefaultTimeout(PATIENCE / 2)
  own.on('pageerror', (error) => { console.error(error) })
  await own.goto(url)

  return own
}

/** @param packed - An app with the packed packages */
export function describeTutorial (packed: () => App): void {
  describe('The tutorial', () => {
    beforeAll(async () => {
      app = packed()
      const relayAddress = await startRelay()
      await Promise.all([...files].map(async ([name, text]) => writeFile(join(app.folder, name), name === '.env' ? text.replace(/=.*/, `=${relayAddress}`) : text)))
      server = await createServer({ root: app.folder, configFile: false, logLevel: 'error', server: { host: '127.0.0.1', port: 0 }, cacheDir: join(app.folder, '.vite') })
      await server.listen()
      browser = await chromium.launch({ executablePath: findChromium(), args: chromiumArguments() })
    }, PATIENCE)

    afterAll(async () => {
      await browser?.close()
      await server?.close()

      if (relay?.kill() === true) {
        await once(relay, 'exit')
      }
    })

    it('installs what its files import, and no more', () => {
      const installed = [...page.matchAll(/^npm install (?:--save-dev )?(.*)$/gm)].flatMap(([, names = '']) => names.split(' '))
      const imported = [...files.values()].flatMap(text => [...text.matchAll(/from '([^.'][^']*)'|^import '([^.'][^']*)'/gm)].map(([, from, bare]) => (from ?? bare ?? '').split('/').slice(0, (from ?? bare ?? '').startsWith('@') ? 2 : 1).join('/')))

      // the document's messages, its optional peer; the tools
      expect([...installed].sort()).toEqual([...new Set([...imported, 'y-protocols', 'vite', 'plus-one-cli'])].sort())
    })

    it('Alice makes a list, Bob joins by her link and the PIN, and both write in it', async () => {
      const alice = await person(server.resolvedUrls?.local[0] ?? '')
      await alice.getByRole('button', { name: 'New list' }).click()
      await alice.getByLabel('What to buy').fill('Apples')
      await alice.getByRole('button', { name: 'Add' }).click()
      await alice.getByRole('button', { name: 'Invite someone' }).click()
      const [link, pin] = await alice.evaluate(async () => {
        const element = document.querySelector('plus-one-invite') as unknown as { invitation?: { pin: string, link: () => string } }

        while (element.invitation == null) {
          await new Promise(requestAnimationFrame)
        }

        return [element.invitation.link(), element.invitation.pin] as const
      })

      const bob = await person(link)
      await bob.getByLabel('They will see you as').fill('Bob')
      await bob.getByRole('button', { name: /^(Yes, )?[Jj]oin/ }).click()
      await bob.getByLabel('6 digits').fill(pin)
      await bob.getByText('Apples').waitFor()
      await alice.getByText('Here now: Bob').waitFor()
      await bob.getByLabel('What to buy').fill('Bread')
      await bob.getByRole('button', { name: 'Add' }).click()
      await alice.getByText('Bread').waitFor()

      await bob.reload()
      await bob.getByText('Bread').waitFor()
      expect(await bob.getByRole('listitem').allTextContents()).toEqual(['Apples', 'Bread'])
    }, PATIENCE)
  })
}
