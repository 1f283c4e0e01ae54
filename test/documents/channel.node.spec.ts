import { Channel } from 'plus-one/documents'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { messagesOf } from '../../src/documents/messages.js'
import { createNetwork } from '../../src/testing/index.js'
import { Example } from '../helpers/example.js'
import { club } from '../yjs/stories.js'
import type { PeerId } from '@libp2p/interface'
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

  it('tells a member who begins to follow again and again the whole only now and then, and others at once', async () => {
    network = createNetwork()
    const [alice, bob, carol] = await club(network, 'reader', 'reader') as [Person, Person, Person]
    const welcomed: string[] = []
    const init = { protocol: '/book-club/whole/1.0.0', name: 'whole', most: () => 1_000, take: () => {}, mostWaiting: 1_000, failed: () => {} }
    const welcome = (peer: PeerId): Uint8Array[] => {
      welcomed.push(peer.equals(bob.node.peerId) ? 'bob' : 'carol')

      return [new Uint8Array(500)]
    }
    const channel = new Channel({ ...init, party: alice.party, welcome })
    const follow = async (): Promise<void> => {
      const stream = await bob.party.newStream(alice.node.peerId, init.protocol)
      await messagesOf(stream).send([new TextEncoder().encode(init.name), new Uint8Array()])
    }
    await vi.waitFor(follow)

    for (let at = 0; at < 30; at++) {
      await follow()
    }

    const ofCarol = new Channel({ ...init, party: carol.party, welcome: () => [] })
    await vi.waitFor(() => { expect(welcomed).toContain('carol') })
    expect(welcomed.filter(name => name === 'bob').length).toBeLessThanOrEqual(9)
    ;[channel, ofCarol].forEach((one) => { one.stop() })
  })

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
