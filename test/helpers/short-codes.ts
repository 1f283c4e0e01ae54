/** Alice, who publishes short codes on a board, and Bob, who reads it. */
import { MemoryDatastore } from 'datastore-core'
import { parseShortCode } from '../../src/rendezvous/words.js'
import { createNetwork } from '../../src/testing/index.js'
import { createBoard } from './rendezvous.js'
import type { Board } from './rendezvous.js'
import type { Party } from '../../src/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'

export interface Publishing {
  network: Network
  board: Board
  alice: TestNode
  bob: TestNode
  /** Alice's. */
  party: Party
  /** Alice's. */
  datastore: MemoryDatastore
}

export async function publishing (): Promise<Publishing> {
  const network = createNetwork({ meet: false })
  const board = createBoard()
  const datastore = new MemoryDatastore()
  const [alice, bob] = await Promise.all([network.node({ datastore, rendezvous: [board.rendezvous] }), network.node({ rendezvous: [board.rendezvous] })])

  return { network, board, alice, bob, datastore, party: await alice.services.parties.create({ name: 'Book club' }) }
}

/** The same code with other secret words. */
export function misheard (short: string, nth = 0): string {
  const { nameplate } = parseShortCode(short)

  return `${nameplate} ${['zoo zoo', 'zero zoo', 'zone zoo', 'youth zoo'][nth]}`
}
