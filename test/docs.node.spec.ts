import { access, glob, readdir, readFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { layers } from '../eslint.config.js'
import { InvalidPinError } from '../src/codec/index.js'
import * as errors from '../src/errors.js'

interface Link {
  text: string
  /** Empty: the page itself. */
  file: string
  /** Of a heading; may be empty. */
  anchor: string
}

function withoutCode (markdown: string): string {
  return markdown.replace(/```[\s\S]*?```/g, '')
}

/** Relative links of a page, but those within code. */
function linksOf (markdown: string): Link[] {
  return [...withoutCode(markdown).matchAll(/\[([^\]]+)\]\((?!\w+:)([^)#\s]*)#?([^)]*)\)/g)].map(([, text = '', file = '', anchor = '']) => ({ text, file, anchor }))
}

/** Headings as they are read: without marks. */
function headingsOf (markdown: string): string[] {
  return [...withoutCode(markdown).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading.replaceAll('`', ''))
}

/** A heading's anchor, as GitHub makes it. */
function anchorOf (heading: string): string {
  return heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-')
}

/** Pages of docs/ that a text names, with a "Section" or an #anchor where it does; comments go on over lines. */
function citationsOf (text: string): Array<{ page: string, anchor: string, section: string }> {
  const line = text.replace(/\n\s*(?:\*|\/\/|#)?\s*/g, ' ')

  return [...line.matchAll(/(?<![\w./-])(docs\/[\w-]+\.md)(?:#([\w-]+))?(?:, "([^"]+)")?/g)].map(([, page = '', anchor = '', section = '']) => ({ page, anchor, section }))
}

/** Paths of the repository that a page names in code. */
function pathsOf (markdown: string): string[] {
  return [...withoutCode(markdown).matchAll(/`((?:src|cli|test|demo|docs|scripts)\/[^`\s<*]*)`/g)].map(([, path = '']) => path)
}

async function missingOf (paths: string[]): Promise<string[]> {
  return (await Promise.all(paths.map(async path => access(path).then(() => [], () => [path])))).flat()
}

const pages = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'cli/README.md', ...(await readdir('docs')).filter(file => file.endsWith('.md')).map(file => join('docs', file))]
const headings = new Map(await Promise.all(pages.map(async page => [page, headingsOf(await readFile(page, 'utf8'))] as const)))

/** All that people read: sources, tests, pages, settings. */
const texts: string[] = []

for await (const file of glob(['*.{js,ts,json,md}', '.ci/*', '{src,cli,demo,docs,scripts,test}/**/*.{ts,tsx,js,json,md,proto,css,html}'], {
  exclude: ['**/node_modules/**', '**/dist/**', 'package-lock.json']
})) {
  texts.push(file)
}

describe('The docs', () => {
  it.each(pages)('%s links to what is there', async (page) => {
    const links = linksOf(await readFile(page, 'utf8'))
    const targets = links.map(({ file, anchor }) => ({ file: file === '' ? page : normalize(join(dirname(page), file)), anchor }))
    const astray = targets.filter(({ file, anchor }) => anchor !== '' && headings.get(file)?.some(heading => anchorOf(heading) === anchor) !== true)

    expect(await missingOf(targets.map(({ file }) => file))).toEqual([])
    expect(astray).toEqual([])
  })

  it.each(pages)('%s names files that are there', async (page) => {
    expect(await missingOf(pathsOf(await readFile(page, 'utf8')))).toEqual([])
  })

  it('are cited by pages and sections that they have', async () => {
    const cited = (await Promise.all(texts.map(async file => citationsOf(await readFile(file, 'utf8')).map(citation => ({ file, ...citation }))))).flat()
    // a section may be cited without what follows its heading's comma
    const dead = cited.filter(({ page, anchor, section }) => {
      const all = headings.get(page)

      return all == null ||
        (anchor !== '' && !all.some(heading => anchorOf(heading) === anchor)) ||
        (section !== '' && !all.some(heading => heading === section || heading.startsWith(`${section},`)))
    })

    expect(cited.filter(({ section }) => section !== '').length).toBeGreaterThan(20)
    expect(dead).toEqual([])
  })

  it('are all there is to cite: no file names the page that they took the place of', async () => {
    const page = new RegExp(`\\b${'design'.toUpperCase()}\\b`)
    const citing = await Promise.all(texts.map(async file => page.test(await readFile(file, 'utf8')) ? [file] : []))

    expect(citing.flat()).toEqual([])
  })

  it('show the layers that lint enforces', async () => {
    const [, section = ''] = (await readFile('docs/architecture.md', 'utf8')).split('\n## Layers\n')
    const [table = ''] = section.split('\n## ')
    const rows = [...table.matchAll(/^\| `(\w+)` \|.*\| ([^|]*) \|$/gm)].map(([, layer, below = '']) => [layer, [...below.matchAll(/`(\w+)`/g)].map(([, name]) => name)])

    expect(Object.fromEntries(rows)).toEqual(layers)
  })

  it.each(pages)('%s names tests by the titles that they have', async (page) => {
    const named = linksOf(await readFile(page, 'utf8')).filter(({ file }) => /\.spec\.tsx?$/.test(file))
    const missing = await Promise.all(named.map(async ({ text, file }) => {
      const spec = (await readFile(join(dirname(page), file), 'utf8')).replaceAll('\\\'', '\'')

      return spec.includes(`it('${text}'`) ? [] : [`${text} (${file})`]
    }))

    expect(missing.flat()).toEqual([])
  })

  it('name a story for each state of joining', async () => {
    const [, section = ''] = (await readFile('docs/elements.md', 'utf8')).split('\n## The states of joining\n')
    const [, union = ''] = /type JoiningState =([\s\S]*?)\n\n/.exec(await readFile('src/elements/joining.ts', 'utf8')) ?? []
    const stories = (await readFile('test/elements/join.browser.spec.ts', 'utf8')).replaceAll('\\\'', '\'')
    const rows = [...section.matchAll(/^\| (`\w+`[^|]*) \|[^|]*\|[^|]*\| ([^|]*) \|$/gm)].map(([, states = '', told = '']) => ({ states: [...states.matchAll(/`(\w+)`/g)].map(([, state]) => state), told: told.split('; ') }))

    expect(rows.flatMap(({ states }) => states).sort()).toEqual([...union.matchAll(/\| '(\w+)'/g)].map(([, state]) => state).sort())
    expect(rows.flatMap(({ told }) => told).filter(told => !stories.includes(`it('${told}'`))).toEqual([])
  })

  it('name the rules of the log as the functions that are them', async () => {
    const [, rules = ''] = (await readFile('docs/membership-log.md', 'utf8')).split('\n## Levels\n')
    const [told = ''] = rules.split('\n### Why an op is void\n')
    const named = new Set([...told.matchAll(/(?:\(|, |\| )`([a-z]+[A-Z]\w*|judge|invited|admitted|removed|changed|readopted|linked|revoked)`(?:\)|,| \|)/g)].map(([, name = '']) => name))
    const source = (await Promise.all(texts.filter(file => /^src.log.\w+\.ts$/.test(file)).map(async file => readFile(file, 'utf8')))).join('\n')

    expect(named.size).toBeGreaterThan(25)
    expect([...named].filter(name => !new RegExp(`(?:function|protected) ${name} \\(`).test(source))).toEqual([])
  })

  it('say of each error what to do, where its help points', async () => {
    const rows = [...(await readFile('docs/troubleshooting.md', 'utf8')).matchAll(/^\| <a id="(\w+)"><\/a>`(\w+)` \|/gm)].map(([, id = '', name = '']) => ({ id, name }))
    const classes = [...Object.values(errors).filter(Class => Class !== errors.PlusOneError), InvalidPinError].map(({ name }) => name)

    expect(rows.map(({ name }) => name).sort()).toEqual(classes.sort())
    expect(rows.filter(({ id, name }) => id !== name.toLowerCase())).toEqual([])
    expect(new errors.WrongPinError(2).help).toBe(`docs/${'troubleshooting'}.md#wrongpinerror`)
  })

  it('compare each of Osmium\'s and Junjo\'s members, with a test', async () => {
    const rows = (await readFile('docs/compared.md', 'utf8')).split('\n').filter(line => /^\| [^-]/.test(line) && !line.includes('shown by'))

    expect(rows.length).toBeGreaterThan(40)
    // or a command that anybody can run
    expect(rows.filter(row => !/\.spec\.tsx?\)|`plus-one [^`]+` \|$/.test(row))).toEqual([])
  })
})
