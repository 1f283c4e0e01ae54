/** A rendezvous in memory: a board on which anybody writes under any nameplate. */
import { RendezvousError } from '../../src/errors.js'
import type { Rendezvous } from '../../src/rendezvous/interface.js'
import type { PeerId, PeerInfo } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface Board {
  /** What is written under each nameplate. */
  notes: Map<string, PeerInfo[]>
  /** Every nameplate that was asked for or written under. */
  seen: string[]
  /** While set, nothing works. */
  broken: boolean
  /** Whatever is written waits for this. */
  slow?: Promise<void>
  /** Names that it does not take. */
  refused: (nameplate: string) => boolean
  /** The board as a node uses it. */
  rendezvous: (components: { peerId: PeerId, addressManager: { getAddresses: () => Multiaddr[] } }) => Rendezvous
}

export function createBoard (name = 'board'): Board {
  const board: Board = {
    notes: new Map(),
    seen: [],
    broken: false,
    refused: () => false,
    rendezvous: ({ peerId, addressManager }) => ({
      name,
      async publish (nameplate) {
        board.seen.push(nameplate)

        if (board.broken || board.refused(nameplate)) {
          throw new RendezvousError('The board is gone')
        }

        await board.slow
        const note = { id: peerId, get multiaddrs () { return addressManager.getAddresses() } }
        board.notes.set(nameplate, [...board.notes.get(nameplate) ?? [], note])

        return { stop: async () => { board.notes.set(nameplate, (board.notes.get(nameplate) ?? []).filter(other => other !== note)) } }
      },
      async * find (nameplate) {
        board.seen.push(nameplate)

        if (board.broken) {
          throw new RendezvousError('The board is gone')
        }

        yield * board.notes.get(nameplate) ?? []
      }
    })
  }

  return board
}
