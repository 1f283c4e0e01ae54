/** The page of docs/elements.md, "Ten lines", served to a browser: as it is, and as Vite makes it. */
import { createReadStream, existsSync, statSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { build as bundle } from 'esbuild'
import { build } from 'vite'
import type { App } from './packages.js'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright'

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' }

/** Any server that has the files. */
export async function serve (folder: string): Promise<Server & { url: string }> {
  const server = createServer(({ url = '/' }, response) => {
    const file = join(folder, url === '/' ? 'index.html' : new URL(url, 'http://host').pathname)

    if (existsSync(file) && statSync(file).isFile()) {
      response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' })
      createReadStream(file).pipe(response)
    } else {
      response.writeHead(404).end()
    }
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => { server.once('listening', resolve) })

  return Object.assign(server, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` })
}

/** Writes the page into the app. @returns Where it is as it is, and where as Vite built it */
export async function writePages (app: App): Promise<[plain: string, built: string]> {
  const [, example = ''] = /```html\n([\s\S]*?)```/.exec(await readFile('docs/elements.md', 'utf8')) ?? []
  const page = (head: string): string => `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>An app</title>${head}</head><body><main>${example}</main></body></html>`
  // without a bundler a page says where a package is
  const map = { imports: { 'plus-one/elements': './node_modules/plus-one/dist/elements/index.js' } }

  await bundle({ absWorkingDir: app.folder, entryPoints: ['node.ts'], outfile: 'node.js', bundle: true, format: 'esm', platform: 'browser', logLevel: 'error' })
  await writeFile(join(app.folder, 'plain.html'), page(`<script type="importmap">${JSON.stringify(map)}</script>`))
  await writeFile(join(app.folder, 'index.html'), page(''))
  await build({ root: app.folder, base: './', configFile: false, logLevel: 'silent', build: { target: 'esnext', outDir: 'built', rolldownOptions: { input: join(app.folder, 'index.html') } } })

  return ['plain.html', 'built/index.html']
}

/** The React example of the packed guide, both sides in one page. */
const REACT = (example: string): string => `${example}
import { PartiesProvider } from 'plus-one/react'
import { useState } from 'react'
import { createRoot } from 'react-dom/client'
import { alice, bob, party } from './node.ts'

function Both () {
  const [code, setCode] = useState('')

  return (
    <>
      <PartiesProvider node={alice}><Invite partyKey={party.key} /></PartiesProvider>
      <input aria-label="Code" value={code} onChange={({ target }) => { setCode(target.value) }} />
      <PartiesProvider node={bob}>{code !== '' && <Join code={code} />}</PartiesProvider>
    </>
  )
}

createRoot(document.querySelector('main')).render(<Both />)
`

/** @returns Where the page is, as Vite built it */
export async function writeReactPage ({ folder, library }: App): Promise<string> {
  const [, example = ''] = /```tsx\n([\s\S]*?)```/.exec(await readFile(join(library.folder, 'docs', 'guide.md'), 'utf8')) ?? []
  await writeFile(join(folder, 'react.tsx'), REACT(example))
  await writeFile(join(folder, 'react.html'), '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>React</title></head><body><main></main><script type="module" src="react.tsx"></script></body></html>')
  await build({ root: folder, base: './', configFile: false, logLevel: 'silent', oxc: { jsx: { runtime: 'automatic' } }, build: { target: 'esnext', outDir: 'react', rolldownOptions: { input: join(folder, 'react.html') } } })

  return 'react/react.html'
}

/** Both sides of the page's story, up to the PIN. */
export async function invite (page: Page): Promise<{ pin: string }> {
  await page.getByRole('button', { name: 'Invite someone' }).click()
  await page.getByLabel('The link, the code').fill(await page.getByLabel('Invitation link').inputValue())
  await page.getByRole('button', { name: 'Continue' }).click()

  return { pin: (await page.locator('plus-one-invite .pin').textContent() ?? '').replace(/\s/g, '') }
}

/** A phone's and a desktop's width, px. */
const WIDTHS = [360, 1280]

/** Pictures of what people see of both elements, at both widths and in both themes. @param folder - Where they go */
export async function takePictures (browser: Browser, url: string, folder: string): Promise<void> {
  for (const [width, colorScheme] of WIDTHS.flatMap(width => (['light', 'dark'] as const).map(scheme => [width, scheme] as const))) {
    const page = await browser.newPage({ viewport: { width, height: 740 }, colorScheme })
    const take = async (element: 'invite' | 'join', name: string): Promise<unknown> => page.locator(`plus-one-${element}`).screenshot({ path: join(folder, `element-${name}-${width}-${colorScheme}.png`) })
    const speak = async (lang: string): Promise<void> => page.evaluate((lang) => { document.documentElement.lang = lang }, lang)
    // as phones have it
    await page.addInitScript('navigator.share ??= async () => {}')
    await page.goto(url)
    await page.evaluate(() => { Object.assign(document.querySelector('plus-one-invite') ?? {}, { options: { approval: true }, linkBase: 'https://app.example/join' }) })
    const { pin } = await invite(page)
    await page.getByLabel('They will see you as').fill('Bob')
    await take('invite', 'invite')
    await take('join', 'preview')
    await speak('ar')
    await page.getByText('هل تريد الانضمام').waitFor()
    await take('join', 'arabic')
    await speak('en')
    await page.getByRole('button', { name: 'Yes, join' }).click()
    await page.getByLabel('6 digits').fill(pin === '000000' ? '000001' : '000000')
    await page.getByText('Wrong PIN').first().waitFor()
    await take('join', 'pin')
    await page.getByLabel('6 digits').fill(pin)
    await page.getByText('Bob knows the PIN').waitFor()
    await take('invite', 'candidate')
    await page.close()
  }
}
