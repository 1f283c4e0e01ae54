import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import { seeded } from './simulated.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Network, TestNode } from '../../src/testing/index.js'

const NODES = 8
const HOURS = 10
const MINUTE = 60_000

/** Time goes on, a minute at a time: each is as long as it takes until nothing more is said. */
class Time {
  readonly #clock: FakeClock
  readonly #nodes: () => TestNode[]
  #said = 0

  constructor (network: Network, clock: FakeClock, nodes: () => TestNode[]) {
    this.#clock = clock
    this.#nodes = nodes
    network.meddle(() => {
      this.#said++

      return undefined
    })
  }

  async pass (minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      this.#clock.advance(MINUTE)
      await this.quiet()
    }
  }

  /** Until nothing is said or dialled for a few turns. */
  async quiet (): Promise<void> {
    for (let turns = 0, said = this.#said; turns < 4; turns++) {
      await setTimeout(2)

      if (said !== this.#said || this.#nodes().some(node => node.getDialQueue().length > 0)) {
        turns = 0
        said = this.#said
      }
    }
  }
}

async function partyOf (node: TestNode): Promise<LocalParty> {
  return (await node.services.parties.list())[0] as LocalParty
}

/** In how many pieces they are, by their connections. */
function piecesOf (nodes: TestNode[]): number {
  const left = new Map(nodes.map(node => [node.peerId.toString(), node]))
  let pieces = 0

  for (const [name, first] of left) {
    pieces++
    left.delete(name)
    const reached = new Set([first])

    for (const node of reached) {
      for (const { remotePeer } of node.getConnections()) {
        const other = nodes.find(({ peerId }) => peerId.equals(remotePeer))

        if (other != null) {
          left.delete(remotePeer.toString())
          reached.add(other)
        }
      }
    }
  }

  return pieces
}

it('eight nodes restart and come apart at random for ten hours: at the end they are in one piece, with equal logs', async () => {
  const random = seeded(1)
  const clock = new FakeClock()
  const network = createNetwork({ clock })

  try {
    const nodes: TestNode[] = await Promise.all(Array.from({ length: NODES }, async () => network.node()))
    const time = new Time(network, clock, () => nodes)
    const party = await nodes[0]!.services.parties.create({ name: 'Book club' })

    for (const node of nodes.slice(1)) {
      const { code, pin } = await party.invite({ role: 'admin' })
      await node.services.parties.redeem(code).setPin(pin)
    }

    const end = clock.now() + HOURS * 60 * MINUTE
    let events = 0

    while (clock.now() < end) {
      const lot = random()
      const which = Math.floor(random() * NODES)

      if (lot < 0.35) {
        nodes[which] = await network.restart(nodes[which]!)
      } else if (lot < 0.5) {
        const side = nodes.filter(() => random() < 0.5)
        network.partition(side, nodes.filter(node => !side.includes(node)))
      } else if (lot < 0.65) {
        network.partition()
      } else {
        await (await partyOf(nodes[which]!)).invite({ role: 'reader' })
      }

      events++
      await time.quiet()
      await time.pass(1 + Math.floor(random() * 25))
    }

    network.partition()
    await time.pass(15)
    const parties = await Promise.all(nodes.map(partyOf))
    expect(events).toBeGreaterThan(20)
    expect(piecesOf(nodes)).toBe(1)
    expect(new Set(parties.map(({ log }) => log.stateHash())).size).toBe(1)
    expect(new Set(parties.map(({ log }) => log.size)).size).toBe(1)
    expect(parties.every(({ online }) => online.length > 0)).toBe(true)
  } finally {
    await network.stop()
  }
}, 180_000)
