/** The table of labels in docs/wire.md is what src/ has, and each has vectors; what reads those knows nothing of src/. */
import { glob, readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'

async function sourcesOf (pattern: string): Promise<Map<string, string>> {
  const sources = new Map<string, string>()

  for await (const file of glob(pattern, { exclude: ['**/pb/*.ts'] })) {
    sources.set(file, await readFile(file, 'utf8'))
  }

  return sources
}

const src = await sourcesOf('src/**/*.ts')
const readers = await sourcesOf('test/wire/*.ts')
const page = await readFile('docs/wire.md', 'utf8')
const [, section = ''] = page.split('\n## Labels\n')
const rows = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| (`.*`) \|.*\| (`.*`) \|$/gm)].map(([, labels = '', files = '']) => ({ labels: inCode(labels), files: inCode(files) }))
const labels = rows.flatMap(row => row.labels)

function inCode (text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
}

/** As a string of source has them. */
function literalsOf (source: string): string[] {
  return [...source.matchAll(/'([^'\n]*)'/g)].map(([, text = '']) => text)
}

const ours = [...src.values()].flatMap(literalsOf)
  // ids of protocols are no labels but where they are bound
  .filter(text => /^\/?plus-one[-/].*\d/.test(text) && !text.endsWith('/1.0.0'))

describe('The labels', () => {
  it('are those of the table, each once', () => {
    const bound = labels.filter(label => /^\/?plus-one/.test(label) && !/1\.0\.0$|\/1\/$/.test(label))

    expect(ours.length).toBeGreaterThan(25)
    expect(labels.toSorted()).toEqual([...new Set(labels)].toSorted())
    expect([...new Set(ours.filter(label => !/^plus-one.*\/1\/$/.test(label)))].toSorted()).toEqual(bound.toSorted())
  })

  it('of others, and names, are in the source, too', () => {
    const all = [...src.values()].join('\n')
    const rest = labels.filter(label => !ours.includes(label))

    expect(rest.filter(label => !all.includes(label) && !all.includes(label.replace('/plus-one/', '/${PREFIX}/')))).toEqual([])
  })

  it('are what the readers of the vectors know them by', () => {
    const known = [...readers.values()].join('\n')

    expect(labels.filter(label => !known.includes(label))).toEqual([])
  })

  it('have vectors, in files that are there and told of', async () => {
    const files = [...(await sourcesOf('test/vectors/*.json')).keys()].map(file => file.replace(/^.*[\\/]|\.json$/g, '')).toSorted()
    const told = [...(page.split('\n## Vectors\n')[1] ?? '').matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name)

    expect(told.toSorted()).toEqual(files)
    expect([...new Set(rows.flatMap(row => row.files))].filter(name => !files.includes(name))).toEqual([])
  })
})

describe('What reads the vectors', () => {
  it('imports nothing of src/', () => {
    const imported = [...readers].filter(([file]) => !file.endsWith('.spec.ts')).flatMap(([, source]) => [...source.matchAll(/ from '([^']+)'/g)].map(([, from = '']) => from))

    expect([...new Set(imported)].filter(from => !/^(\.\/[\w-]+\.js|\.\.\/log\/reference(-\w+)?\.js|@(noble|scure)\/.*)$/.test(from))).toEqual([])
  })
})
