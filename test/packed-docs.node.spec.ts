/** What `npm pack` does to the pages, and undoes. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

/** Two of one name, with links that the package does not have. */
const PAGES = { 'README.md': 'See [how](docs/faq.md), [who](CONTRIBUTING.md).\n', 'docs/README.md': 'The [layers](architecture.md).\n', 'docs/faq.md': 'A [test](../test/clock.spec.ts).\n' }

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plus-one-pages-'))
  await mkdir(join(folder, 'docs'))
  await Promise.all(Object.entries({ ...PAGES, 'package.json': '{ "files": ["docs/README.md", "docs/faq.md"] }' }).map(async ([file, text]) => writeFile(join(folder, file), text)))
})

afterEach(async () => { await rm(folder, { recursive: true, force: true }) })

async function run (...args: string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [resolve('scripts/packed-docs.js'), ...args], { cwd: folder })
}

async function pages (): Promise<Record<string, string>> {
  return Object.fromEntries(await Promise.all(Object.keys(PAGES).map(async file => [file, await readFile(join(folder, file), 'utf8')] as const)))
}

describe('The pages, as they are packed', () => {
  it('lose links to what stays in the repository, and have them again when it is done', async () => {
    await run()
    expect(await pages()).toEqual({ 'README.md': 'See [how](docs/faq.md), who.\n', 'docs/README.md': 'The layers.\n', 'docs/faq.md': 'A test.\n' })

    await run('--restore')
    expect(await pages()).toEqual(PAGES)
  })
})
