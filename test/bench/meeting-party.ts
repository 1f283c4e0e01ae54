/** A party of real nodes in this process, in memory: their log was made at once, and each knows where some of the others are. */
import { multiaddr } from '@multiformats/multiaddr'
import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { encode } from '../../src/codec/index.js'
import { sealRecord } from '../../src/meeting/links/addresses.js'
import { ENOUGH } from '../../src/meeting/links/constants.js'
import { parties } from '../../src/index.js'
import { checkVersion, PREFIX, writeBatch } from '../../src/storage/records.js'
import { identify } from '@libp2p/identify'
import { memory } from '@libp2p/memory'
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { seeded } from '../meeting/simulated.js'
import { Growing, keyOf, privateKeyOf, storeOf } from './signed.js'
import type { Parties } from '../../src/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Libp2p } from '@libp2p/interface'

export type Node = Libp2p<{ parties: Parties }>

/** How often it is looked whether they are in one piece, ms. */
const LOOK = 20

/** For what hangs, ms. */
const LIMIT = 600_000

/** So many are started at once: a process has one thread for all of them. */
const AT_ONCE = 16

/** As another store had it: with its checksums. */
async function writeRaw (store: MemoryDatastore, pairs: Array<{ key: Key, value: Uint8Array }>): Promise<void> {
  const batch = store.batch()
  pairs.forEach(({ key, value }) => { batch.put(key, value) })
  await batch.commit()
}

const nameOf = (nth: number): string => nth === 0 ? 'Alice' : `member ${nth}`

export class RealParty {
  readonly nodes: Node[] = []
  readonly #stores: MemoryDatastore[]
  /** Another with each restart: nobody knows them. */
  readonly #addresses: string[]
  #moves = 0

  private constructor (stores: MemoryDatastore[], addresses: string[]) {
    this.#stores = stores
    this.#addresses = addresses
  }

  static async of (size: number): Promise<RealParty> {
    const { ops } = new Growing().grow(size)
    const written: Array<{ key: Key, value: Uint8Array }> = []

    for await (const pair of (await storeOf(ops)).query({})) {
      written.push(pair)
    }

    const addresses = Array.from({ length: size }, (_, nth) => `/memory/party-of-${size}-${nth}`)
    const records = await Promise.all(addresses.map(async (address, nth) => sealRecord([multiaddr(address)], 1n, privateKeyOf(nameOf(nth)))))
    const random = seeded(size)
    const stores = await Promise.all(addresses.map(async () => {
      const store = new MemoryDatastore()
      await checkVersion(store)
      await writeRaw(store, written)
      await writeBatch(store, (batch) => {
        for (let known = 0; known < ENOUGH; known++) {
          const other = Math.floor(random() * size)
          batch.put(new Key(`${PREFIX}/meet/public/${keyOf(nameOf(other))}`), encode([Date.now(), records[other] as Uint8Array]))
        }
      })

      return store
    }))

    return new RealParty(stores, addresses)
  }

  /** @param moved - At an address that nobody knows */
  async start (nth: number, moved = false): Promise<void> {
    if (moved) {
      this.#addresses[nth] = `/memory/moved-${++this.#moves}`
    }

    this.nodes[nth] = await createLibp2p({
      datastore: this.#stores[nth] as MemoryDatastore,
      privateKey: privateKeyOf(nameOf(nth)),
      addresses: { listen: [this.#addresses[nth] as string] },
      transports: [memory()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionGater: { denyDialMultiaddr: () => false },
      connectionMonitor: { enabled: false },
      connectionManager: { inboundConnectionThreshold: Number.POSITIVE_INFINITY, maxIncomingPendingConnections: 1000, maxConnections: 10_000 },
      services: { identify: identify(), parties: parties() }
    })
  }

  async startAll (which: number[], moved = false): Promise<void> {
    const waiting = which.values()
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (const nth of waiting) {
        await this.start(nth, moved)
      }
    }))
  }

  async partyOf (nth: number): Promise<LocalParty> {
    return (await (this.nodes[nth] as Node).services.parties.list())[0] as LocalParty
  }

  /** In how many pieces they are, by their connections. */
  get pieces (): number {
    const names = new Map(this.nodes.map(node => [node.peerId.toString(), node]))
    const left = new Set(names.keys())
    let pieces = 0

    for (const first of left) {
      pieces++
      const reached = new Set([first])

      for (const name of reached) {
        left.delete(name)
        names.get(name)?.getConnections().forEach(({ remotePeer }) => { if (names.has(remotePeer.toString())) { reached.add(remotePeer.toString()) } })
      }
    }

    return pieces
  }

  /** Waits until they are in one piece. @throws {Error} They are not for ten minutes. */
  async onePiece (): Promise<void> {
    const begun = performance.now()

    while (this.pieces > 1) {
      if (performance.now() - begun > LIMIT) {
        throw new Error(`They are in ${this.pieces} pieces still`)
      }

      await new Promise(resolve => setTimeout(resolve, LOOK))
    }
  }

  /** Waits until nobody opens connections any more. */
  async settled (): Promise<void> {
    for (let before = -1, now = 0; before !== now;) {
      before = now
      await new Promise(resolve => setTimeout(resolve, 2_000))
      now = this.nodes.reduce((sum, node) => sum + node.getConnections().length, 0)
    }
  }
}
