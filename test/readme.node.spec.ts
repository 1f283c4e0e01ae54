import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { Example } from './helpers/example.js'

describe('The README\'s example', () => {
  let example: Example

  beforeAll(async () => { example = await Example.of('README.md', 'readme') })

  it('runs: Alice invites Bob over TCP', async () => {
    const stdout = await example.run()

    expect(stdout).toContain('Bob: Alice invites me into Book club as writer')
    expect(stdout).toMatch(/Bob: members \[\s+'\S+ owner',\s+'\S+ writer'\s+\]/)
    expect(stdout).toContain('Alice: joined')
  })

  it('is not longer than thirty lines and the node\'s recipe', async () => {
    expect((await readFile(example.source, 'utf8')).trim().split('\n').length).toBeLessThan(48)
  })
})
