import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createNetwork } from '../../src/testing/index.js'
import { Example } from '../helpers/example.js'
import { club } from '../yjs/stories.js'
import type { Party } from '../../src/index.js'
import type { Network } from '../../src/testing/index.js'
import type { Person } from '../yjs/stories.js'

interface SharedWords {
  words: Set<string>
  add: (word: string) => void
  close: () => void
}

describe('A provider on plus-one/documents', () => {
  let network: Network
  let words: new (party: Party) => SharedWords

  beforeAll(async () => { words = (await (await Example.of('docs/documents.md', 'documents')).load<{ SharedWords: typeof words }>()).SharedWords })
  afterEach(async () => network.stop())

  it('is a page of code, and whoever has it open gets what writers told, later ones too', async () => {
    network = createNetwork()
    const [alice, bob, carol] = await club(network, 'writer', 'reader') as [Person, Person, Person]
    const [ofAlice, ofCarol] = [new words(alice.party), new words(carol.party)]
    ofAlice.add('Emma')
    ofCarol.add('Clueless')
    await vi.waitFor(() => { expect([...ofCarol.words]).toContain('Emma') })
    const ofBob = new words(bob.party)
    ofBob.add('Persuasion')
    await vi.waitFor(() => { expect([...ofAlice.words].sort()).toEqual(['Emma', 'Persuasion']) })
    await vi.waitFor(() => { expect([...ofBob.words].sort()).toEqual(['Emma', 'Persuasion']) })
    await alice.party.setRole(carol.node.peerId, 'writer')
    await vi.waitFor(() => { [ofAlice, ofBob, ofCarol].forEach(({ words }) => { expect([...words].sort()).toEqual(['Clueless', 'Emma', 'Persuasion']) }) })
    ;[ofAlice, ofBob, ofCarol].forEach((one) => { one.close() })
    await vi.waitFor(() => { expect(alice.node.getConnections().flatMap(({ streams }) => streams).filter(({ protocol }) => /words|serving/.test(protocol))).toEqual([]) })
  })
})
