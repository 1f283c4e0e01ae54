import { access, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Relative links of a page, but those within code. */
function linksOf (markdown: string): Array<{ text: string, file: string }> {
  const prose = markdown.replace(/```[\s\S]*?```/g, '')

  return [...prose.matchAll(/\[([^\]]+)\]\((?!\w+:)([^)#\s]+)[^)]*\)/g)].map(([, text = '', file = '']) => ({ text, file }))
}

const pages = ['README.md', ...(await readdir('docs')).filter(file => file.endsWith('.md')).map(file => join('docs', file))]

describe('The docs', () => {
  it.each(pages)('%s links to what is there', async (page) => {
    const links = linksOf(await readFile(page, 'utf8'))
    const missing = await Promise.all(links.map(async ({ file }) => access(join(dirname(page), file)).then(() => [], () => [file])))

    expect(missing.flat()).toEqual([])
  })

  it.each(pages)('%s names tests by the titles that they have', async (page) => {
    const named = linksOf(await readFile(page, 'utf8')).filter(({ file }) => /\.spec\.tsx?$/.test(file))
    const missing = await Promise.all(named.map(async ({ text, file }) => {
      const spec = (await readFile(join(dirname(page), file), 'utf8')).replaceAll('\\\'', '\'')

      return spec.includes(`it('${text}'`) ? [] : [`${text} (${file})`]
    }))

    expect(missing.flat()).toEqual([])
  })

  it('compare each of Osmium\'s and Junjo\'s members, with a test', async () => {
    const rows = (await readFile('docs/compared.md', 'utf8')).split('\n').filter(line => /^\| [^-]/.test(line) && !line.includes('shown by'))

    expect(rows.length).toBeGreaterThan(40)
    expect(rows.filter(row => !/\.spec\.tsx?\)/.test(row))).toEqual([])
  })
})
