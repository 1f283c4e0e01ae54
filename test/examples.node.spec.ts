import { expect, it } from 'vitest'
import { Example } from './helpers/example.js'

it('The examples of the README and of docs/testing.md compile, strictly', async () => {
  const examples = await Promise.all([Example.of('README.md', 'compiled/readme'), Example.of('README.md', 'compiled/notes', 1), Example.of('docs/testing.md', 'compiled/testing')])

  expect(await Example.errors(examples)).toBe('')
}, 120_000)
