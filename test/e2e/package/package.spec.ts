import { access, cp, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { chromium } from 'playwright'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumArguments, findChromium } from '../../../scripts/chromium.js'
import { added } from './added.js'
import { invite, serve, takePictures, writePages, writeReactPage } from './elements.js'
import { createApp } from './packages.js'
import { describeTutorial } from './tutorial.js'
import type { App, Packed } from './packages.js'
import type { Rollup } from 'vite'

/** Bundlers without servers say that 'use client' means nothing to them; React's plugin for Vite keeps it quiet. */
const USE_CLIENT = 'MODULE_LEVEL_DIRECTIVE'

/** TypeScript reads all that an app's packages declare, ms: on a busy machine. */
const PATIENCE = 240_000

let app: App

beforeAll(async () => {
  app = await createApp()
  await cp('test/e2e/package/app', app.folder, { recursive: true })
}, PATIENCE)

afterAll(async () => app.remove())

/** Links of a packed package's pages that lead nowhere: not to a file of it, nor to the web. */
async function deadLinks ({ folder, files }: Packed): Promise<string[]> {
  const dead = files.filter(file => file.endsWith('.md')).map(async (page) => {
    const prose = (await readFile(join(folder, page), 'utf8')).replace(/```[\s\S]*?```/g, '')
    const links = [...prose.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)].map(([, file = '']) => file)

    return Promise.all(links.map(async file => access(join(folder, dirname(page), file)).then(() => [], () => [`${page}: ${file}`])))
  })

  return (await Promise.all(dead)).flat(2)
}

/** What TypeScript says of an app's files, the declarations of all that it loads included. */
async function complaints (files: readonly string[], module: 'NodeNext' | 'ESNext', moduleResolution: 'NodeNext' | 'Bundler'): Promise<string> {
  const options = ['--target', 'ES2024', '--lib', 'ES2024,ESNext.Disposable,DOM,DOM.Iterable', '--module', module, '--moduleResolution', moduleResolution, '--strict', '--skipLibCheck', 'false', '--exactOptionalPropertyTypes', '--types', 'node', '--noEmit']

  return app.run(resolve('node_modules/typescript-7/bin/tsc'), ...options, ...files).catch((err: Error & { stdout?: string }) => err.message + (err.stdout ?? ''))
}

describe('The packed library', () => {
  it('has what an app loads and what a person reads, and no more', () => {
    const others = app.library.files.filter(file => !/^dist\/.+\.(js|d\.ts)$/.test(file) && !/^docs\/[\w-]+\.md$/.test(file))

    expect(others.sort()).toEqual(['LICENSE', 'LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'SECURITY.md', 'package.json'])
    expect(app.library.size).toBeLessThan(350_000)
  })

  it('adds to a libp2p browser app at most 5 packages and 1.5 MB', async () => {
    const sizes = [...(await added(app.library.folder)).values()]

    expect(sizes.length).toBeLessThanOrEqual(5)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1_500_000)
  })

  it('has no dead link in its pages', async () => {
    expect(await deadLinks(app.library)).toEqual([])
    expect(await readFile(join(app.library.folder, 'README.md'), 'utf8')).toContain('](docs/guide.md)')
  })

  it('is loaded by Node as ES modules: Alice invites Bob', async () => {
    expect(JSON.parse(await app.run('main.mjs'))).toEqual({ members: 2, words: ['abandon'], names: [true, true, true, true, true, true, true, true] })
  })

  it('runs the example of its README', async () => {
    const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(await readFile(join(app.library.folder, 'README.md'), 'utf8')) ?? []
    await writeFile(join(app.folder, 'readme.ts'), example)
    const said = await app.run('readme.ts')

    expect(said).toContain('Bob: Alice invites me into Book club as writer')
    expect(said).toContain('Alice: joined')
  })

  it('is loaded by Node as CommonJS, by require', async () => {
    expect(JSON.parse(await app.run('main.cjs'))).toEqual(['function', 'function', 'function', 'function'])
  })

  it('goes into a page by Vite, with nothing of Node', async () => {
    const warnings: string[] = []
    const { output } = await build({
      root: app.folder,
      configFile: false,
      logLevel: 'silent',
      build: {
        write: false,
        target: 'esnext',
        minify: false,
        rolldownOptions: { input: join(app.folder, 'page.ts'), preserveEntrySignatures: 'strict', onwarn: ({ code, message }) => { if (code !== USE_CLIENT) warnings.push(message) } }
      }
    }) as Rollup.RollupOutput
    const code = output.map(file => file.type === 'chunk' ? file.code : '').join('\n')

    expect(warnings).toEqual([])
    expect(code).toContain('plus-one-accept/2')
    expect(code).not.toMatch(/from ["']node:|__vite-browser-external/)
  })

  it('marks the hooks as a client\'s, and nothing else', async () => {
    const isClient = async (entry: string): Promise<boolean> => /^["']use client["']/.test(await readFile(join(app.library.folder, 'dist', entry), 'utf8'))

    expect(await isClient('react/index.js')).toBe(true)
    expect(await Promise.all(['index.js', 'rendezvous/index.js', 'rendezvous/protocol/index.js', 'rendezvous/words.js', 'testing/index.js', 'yjs/index.js', 'automerge/index.js', 'documents/index.js', 'elements/index.js'].map(isClient))).toEqual([false, false, false, false, false, false, false, false, false])
  })

  it.each([['NodeNext', 'NodeNext', ['page.ts', 'network.ts', 'required.cts']], ['ESNext', 'Bundler', ['page.ts', 'network.ts']]] as const)('type-checks at its strictest under %s, %s', async (module, moduleResolution, files) => {
    expect(await complaints(files, module, moduleResolution)).toBe('')
  }, PATIENCE)
})

describe('The packed elements', () => {
  it('are ten lines in a plain HTML page, and the same in one that Vite made: Alice invites Bob; so are the hooks', async () => {
    const pages = await writePages(app)
    const server = await serve(app.folder)
    const browser = await chromium.launch({ executablePath: findChromium(), args: chromiumArguments() })

    for (const name of pages) {
      const page = await browser.newPage()
      const errors: string[] = []
      page.on('pageerror', ({ message }) => { errors.push(message) })
      await page.goto(server.url + name)
      const { pin } = await invite(page)
      await page.getByLabel('They will see you as').fill('Bob')
      await page.getByRole('button', { name: 'Yes, join' }).click()
      await page.getByLabel('6 digits').fill(pin)
      await page.getByRole('heading', { name: 'You’re in Book club' }).waitFor()
      await page.getByText('Bob is in.').waitFor()
      expect(errors).toEqual([])
    }

    // the guide's React example, in the same browser
    const react = await browser.newPage()
    await react.goto(server.url + await writeReactPage(app))
    await react.getByLabel('Code').fill(await react.getByRole('link').textContent() ?? '')
    await react.getByRole('button', { name: 'Join' }).click()
    await react.getByLabel('PIN').fill(await react.locator('b').textContent() ?? '')
    await react.getByRole('listitem').nth(1).waitFor()
    expect(await react.getByRole('listitem').allTextContents()).toEqual(['owner', 'writer'])

    // for the docs, and for eyes
    if (process.env.SHOTS != null) {
      await takePictures(browser, server.url + pages[1], process.env.SHOTS)
    }

    await browser.close()
    server.close()
  }, PATIENCE)
})

describe('The packed command line', () => {
  it('has its program and its licence, and no more', async () => {
    const others = app.cli.files.filter(file => !/^dist\/.+\.js$/.test(file))

    expect(others.sort()).toEqual(['LICENSE', 'LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'bin/plus-one.js', 'package.json'])
    expect(await deadLinks(app.cli)).toEqual([])
  })

  it('runs on the packed library', async () => {
    const main = join(app.cli.folder, 'bin', 'plus-one.js')

    expect(await app.run(main, 'parties', '--json', '--data', join(app.folder, 'alice'))).toBe('')
    expect(await app.run(main, 'help')).toContain('plus-one invite')
  })

  it('goes with the library of its own version, which is the checkout\'s wherever npm installs one', async () => {
    const read = async (file: string): Promise<{ version: string, dependencies: Record<string, string>, packages: Record<string, { link?: boolean }> }> => JSON.parse(await readFile(file, 'utf8')) as never
    const [library, cli, lock] = await Promise.all(['package.json', 'cli/package.json', 'package-lock.json'].map(read))

    expect(cli?.dependencies['plus-one']).toBe(library?.version)
    // a package of this name in the registry may be anybody's
    expect(Object.entries(lock?.packages ?? {}).filter(([path, { link }]) => path.endsWith('node_modules/plus-one') && link !== true)).toEqual([])
  })
})

describeTutorial(() => app)
