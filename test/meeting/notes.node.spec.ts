import { readFile } from 'node:fs/promises'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import * as Y from 'yjs'
import { createNetwork } from '../../src/testing/index.js'
import { Example } from '../helpers/example.js'
import { join } from '../helpers/parties.js'
import type { Party } from '../../src/index.js'
import type { Network } from '../../src/testing/index.js'

type ShareNotes = (party: Party, doc: Y.Doc) => Promise<void>

const LINES = 40

let example: Example
let shareNotes: ShareNotes
let network: Network

beforeAll(async () => {
  example = await Example.of('docs/notes.md', 'notes')
  shareNotes = (await example.load<{ shareNotes: ShareNotes }>()).shareNotes
})

afterEach(async () => network?.stop())

/** The notes of somebody, as the app has them. */
async function open (party: Party): Promise<Y.Text> {
  const doc = new Y.Doc()
  await shareNotes(party, doc)

  return doc.getText()
}

const write = (notes: Y.Text, word: string): void => { notes.insert(notes.length, `${word} `) }
/** The words that are there, whatever their order. */
const wordsOf = (notes: Y.Text): string[] => notes.toJSON().split(' ').filter(word => word !== '').sort()
const shows = async (notes: Y.Text, ...words: string[]): Promise<void> => vi.waitFor(() => { expect(wordsOf(notes)).toEqual(words) }, 20_000)

describe('The notes of docs/notes.md', () => {
  it('compile, strictly', () => {
    expect(example.errors()).toEqual([])
  }, 60_000)

  it('are forty lines at most, but for empty ones and those of Yjs', async () => {
    const lines = (await readFile(example.source, 'utf8')).split('\n').filter(line => line.trim() !== '' && !/\bY\b/.test(line.replace('doc: Y.Doc', '')))

    expect(lines.length).toBeLessThanOrEqual(LINES)
  })

  it('what two write comes together, what a reader writes stays with it, and who was removed hears nothing more', async () => {
    network = createNetwork()
    const [alice, bob, carol] = await Promise.all([network.node(), network.node(), network.node()])
    const party = await alice.services.parties.create({ name: 'Book club' })
    const parties = [party, await join(party, bob, 'writer'), await join(party, carol, 'reader')]
    const [ofAlice, ofBob, ofCarol] = await Promise.all(parties.map(open)) as [Y.Text, Y.Text, Y.Text]

    write(ofAlice, 'Emma')
    write(ofBob, 'Persuasion')
    await shows(ofAlice, 'Emma', 'Persuasion')
    await shows(ofBob, 'Emma', 'Persuasion')
    await shows(ofCarol, 'Emma', 'Persuasion')

    write(ofCarol, 'Sanditon')
    write(ofBob, 'Lady')
    await shows(ofAlice, 'Emma', 'Lady', 'Persuasion')
    await shows(ofCarol, 'Emma', 'Lady', 'Persuasion', 'Sanditon')

    // as soon as she may, it comes
    await party.setRole(carol.peerId, 'writer')
    await shows(ofAlice, 'Emma', 'Lady', 'Persuasion', 'Sanditon')
    await shows(ofBob, 'Emma', 'Lady', 'Persuasion', 'Sanditon')

    await party.remove(bob.peerId)
    await vi.waitFor(() => { expect(parties[2]?.roleOf(bob.peerId)).toBeUndefined() })
    write(ofBob, 'Clueless')
    write(ofAlice, 'Watsons')
    await shows(ofCarol, 'Emma', 'Lady', 'Persuasion', 'Sanditon', 'Watsons')
    expect(wordsOf(ofAlice)).toEqual(['Emma', 'Lady', 'Persuasion', 'Sanditon', 'Watsons'])
    expect(wordsOf(ofBob)).toEqual(['Clueless', 'Emma', 'Lady', 'Persuasion', 'Sanditon'])
  })

  it('what was written apart comes together when they meet again', async () => {
    network = createNetwork()
    const [alice, bob] = await Promise.all([network.node(), network.node()])
    const party = await alice.services.parties.create({ name: 'Book club' })
    const [ofAlice, ofBob] = await Promise.all([party, await join(party, bob, 'writer')].map(open)) as [Y.Text, Y.Text]
    write(ofAlice, 'Emma')
    await shows(ofBob, 'Emma')

    network.partition([alice], [bob])
    await vi.waitFor(() => { expect(party.online).toEqual([]) })
    write(ofAlice, 'Persuasion')
    write(ofBob, 'Lady')
    network.partition()

    await shows(ofAlice, 'Emma', 'Lady', 'Persuasion')
    await shows(ofBob, 'Emma', 'Lady', 'Persuasion')
  })
})
