/** The vectors of the wire (docs/wire.md, "Vectors") are what src/ makes: a byte that becomes another one is seen here. `npm run vectors` writes them. */
import { describe, expect, it } from 'vitest'
import { makers, textOf } from './make/index.js'

const files = import.meta.glob<string>('./*.json', { query: '?raw', import: 'default' })

describe('The vectors', () => {
  it('are those that are made', () => {
    expect(Object.keys(files).sort()).toEqual(Object.keys(makers).map(name => `./${name}.json`).sort())
  })

  it.each(Object.entries(makers))('%s: src makes the same bytes', async (name, make) => {
    expect(textOf(await make())).toBe(await files[`./${name}.json`]!())
  })
})
