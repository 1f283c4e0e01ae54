import { beforeAll, describe, expect, it } from 'vitest'
import { Example } from '../helpers/example.js'

describe('The example of docs/testing.md', () => {
  let example: Example

  beforeAll(async () => { example = await Example.of('docs/testing.md', 'testing') })

  it('runs, and tells what it says', async () => {
    expect((await example.run()).trim().split('\n')).toEqual([
      'Bob joins all the same: Book club',
      'Alice is told: StorageError',
      'Members after the restart: 2',
      'Bob cannot reach Alice',
      'Her next invitation has expired'
    ])
  }, 60_000)
})
