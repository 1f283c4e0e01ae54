import { DocumentProvider } from 'plus-one/documents'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createNetwork } from '../../src/testing/index.js'
import { club } from '../yjs/stories.js'
import type { DocumentKind } from 'plus-one/documents'
import type { Network } from '../../src/testing/index.js'
import type { Person } from '../yjs/stories.js'

type Changed = Parameters<DocumentKind<Words>['follow']>[1]

/** A document of a library of its own: words that are gathered. */
class Words {
  all: string[] = []
  readonly followers = new Set<Changed>()

  put (words: string[], origin?: unknown, isWritten = false): void {
    const fresh = words.filter(word => !this.all.includes(word))
    this.all.push(...fresh)

    if (fresh.length > 0) {
      this.followers.forEach((changed) => { changed(encoded(fresh), origin, isWritten) })
    }
  }

  write (word: string): void { this.put([word], undefined, true) }
}

const encoded = (words: string[]): Uint8Array => new TextEncoder().encode(words.join(' '))
const decoded = (change: Uint8Array): string[] => new TextDecoder().decode(change).split(' ').filter(word => word !== '')

const WORDS: DocumentKind<Words> = {
  protocol: '/book-club/words/1.0.0',
  label: 'book-club',
  version: ({ all }) => encoded([...all].sort()),
  since: ({ all }, version = new Uint8Array()) => encoded(all.filter(word => !decoded(version).includes(word))),
  merge: changes => encoded(changes.flatMap(decoded)),
  apply: (doc, change, origin) => { doc.put(decoded(change), origin) },
  equal: (one, other) => [...one.all].sort().join() === [...other.all].sort().join(),
  mirror: (from, to) => { to.all = [...from.all] },
  empty: () => new Words(),

  follow ({ followers }, changed) {
    followers.add(changed)

    return () => { followers.delete(changed) }
  }
}

describe('A document of another library', () => {
  let network: Network

  afterEach(async () => network.stop())

  it('is written by writers, kept, and undone where a reader writes, with nothing but what it is itself', async () => {
    network = createNetwork()
    const [alice, bob, carol] = await club(network, 'writer', 'reader') as [Person, Person, Person]
    const records: Uint8Array[] = []
    const store = { load: async () => [...records], append: async (record: Uint8Array) => { records.push(record) }, replace: async (record: Uint8Array) => { records.splice(0, records.length, record) } }
    const [ofAlice, ofBob, ofCarol] = [new Words(), new Words(), new Words()]
    const providers = [new DocumentProvider(alice.party, ofAlice, WORDS), new DocumentProvider(bob.party, ofBob, WORDS), new DocumentProvider(carol.party, ofCarol, WORDS, { store })]
    const refused = vi.fn()
    providers[2]?.addEventListener('refused', ({ detail: { update } }) => { refused(decoded(update)) })
    ofAlice.write('Emma')
    ofBob.write('Persuasion')
    await vi.waitFor(() => { [ofAlice, ofBob, ofCarol].forEach(({ all }) => { expect([...all].sort()).toEqual(['Emma', 'Persuasion']) }) })
    ofCarol.write('Clueless')
    expect([ofCarol.all.includes('Clueless'), refused.mock.calls]).toEqual([false, [[['Clueless']]]])

    await providers[2]?.flush()
    providers.forEach((provider) => { provider.destroy() })
    const again = new DocumentProvider(carol.party, new Words(), WORDS, { store })
    await again.flush()
    expect([again.canWrite, [...again.doc.all].sort()]).toEqual([false, ['Emma', 'Persuasion']])
    again.destroy()
  })
})
