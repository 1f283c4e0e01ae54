import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createNetwork } from '../../src/testing/index.js'
import { Example } from '../helpers/example.js'
import type { Parties, Party } from '../../src/index.js'

interface Notes {
  begin: (parties: Parties) => Promise<{ party: Party, code: string, pin?: string }>
  join: (parties: Parties, code: string, pin: string) => Promise<Party>
  openNotes: (party: Party, name: string, show: (text: string, people: string[]) => void) => { write: (text: string) => void }
}

describe('The README\'s notes', () => {
  const network = createNetwork()
  let example: Example

  beforeAll(async () => { example = await Example.of('README.md', 'notes', 1) })
  afterAll(async () => network.stop())

  it('are forty lines at most', async () => {
    expect((await readFile(example.source, 'utf8')).split('\n').filter(line => line.trim() !== '').length).toBeLessThanOrEqual(40)
  })

  it('are written by two, who see each other', async () => {
    const { begin, join, openNotes } = await example.load<Notes>()
    const [alice, bob] = await Promise.all([network.node(), network.node()])
    const { party, code, pin = '' } = await begin(alice.services.parties)
    const [ofAlice, ofBob] = [vi.fn(), vi.fn()]
    const notes = openNotes(party, 'Alice', ofAlice)
    notes.write('Emma')
    openNotes(await join(bob.services.parties, code, pin), 'Bob', ofBob)
    await vi.waitFor(() => { expect(ofBob.mock.lastCall?.[0]).toBe('Emma') })
    await vi.waitFor(() => { [ofAlice, ofBob].forEach(({ mock }) => { expect(([...mock.lastCall?.[1] as string[]]).sort()).toEqual(['Alice', 'Bob']) }) })
  })
})
