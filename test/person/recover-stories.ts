/** What the stories of recovering share. */
import { wordsOf } from '../../src/person/words.js'
import { join } from '../helpers/parties.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Party } from '../../src/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'

export interface Told {
  alice: TestNode
  bob: TestNode
  /** Alice founded it, and Bob is an admin: as Bob has it. */
  book: LocalParty
  /** Bob founded it, and Alice is a writer: as Bob has it. */
  film: Party
  carol: TestNode
  /** Carol founded it, Alice is a reader, and Bob is not in it. */
  choir: Party
  words: string
}

/** The words of a node's person, as they stand on paper. */
export async function wordsOn (node: TestNode): Promise<string> {
  // drawn as the parties are loaded
  await node.services.parties.list()

  return (await node.services.parties.person.recovery.words()).join(' ')
}

/** Of somebody else. */
export const OTHER_WORDS = wordsOf(new Uint8Array(16).fill(3)).join(' ')

/** Keys of parties, in order. */
export const keyed = (parties: readonly Party[]): string[] => parties.map(({ key }) => key).sort()

/** Alice and Bob share two parties; Alice has a third, where Bob is not. */
export async function shared (network: Network): Promise<Told> {
  const [alice, bob, carol] = await Promise.all([network.node(), network.node(), network.node()])
  const book = await alice.services.parties.create({ name: 'Book club' })
  const bobs = await join(book, bob, 'admin')
  const film = await bob.services.parties.create({ name: 'Film club' })
  const alices = await join(film, alice, 'writer')
  const choir = await carol.services.parties.create({ name: 'Choir' })
  await join(choir, alice, 'reader')
  await Promise.all([bobs.delivered(), alices.delivered()])

  return { alice, bob, book: bobs, film, carol, choir, words: await wordsOn(alice) }
}

/** The same, and Alice's phone is lost. */
export async function lost (network: Network): Promise<Told> {
  const told = await shared(network)
  network.kill(told.alice)

  return told
}

/** A code of a party, of which nothing is to be used. */
export async function codeOf (party: Party): Promise<string> {
  return (await party.invite({ role: 'reader' })).code
}

/** A process that is killed as it sends, or gets, so many messages. @param counts - Those that count @returns Resolves when it is dead */
export async function killedAfter (network: Network, node: TestNode, messages: number, counts = (): boolean => true): Promise<void> {
  let seen = 0

  await new Promise<void>((resolve) => {
    const end = network.meddle(({ from, to }) => {
      if ((from.equals(node.peerId) || to.equals(node.peerId)) && counts() && ++seen === messages) {
        end()
        network.kill(node)
        resolve()
      }

      return undefined
    })
  })
}
