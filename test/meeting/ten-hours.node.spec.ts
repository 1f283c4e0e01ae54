import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { isAtLeast } from '../../src/index.js'
import { epochIdIn } from '../../src/keys/index.js'
import { keyOf } from '../../src/log/index.js'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import { seeded } from './simulated.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Network, TestNode } from '../../src/testing/index.js'

const NODES = 8
const HOURS = 10
const MINUTE = 60_000
const EVENTS = ['restart', 'remove', 'part', 'remove', 'restart', 'heal', 'return', 'part', 'leave', 'remove', 'restart', 'heal', 'return'] as const
const SEED = 1

/** Time goes on: each step is as long as it takes until nothing more is said. */
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

  /** In steps that grow: most happens soon after something did. */
  async pass (minutes: number): Promise<void> {
    for (let left = minutes * MINUTE, step = 5_000; left > 0; left -= step, step = Math.min(left, 5 * MINUTE, 3 * step)) {
      this.#clock.advance(step)
      await this.quiet()
    }
  }

  /** Until this is done, which may wait for who does not answer. @returns Did it succeed? */
  async spent (work: Promise<unknown>): Promise<boolean> {
    let is: boolean | undefined
    work.then(() => { is = true }, () => { is = false })

    for (await this.quiet(); is == null; await this.quiet()) {
      this.#clock.advance(500)
    }

    return is
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

/** What a member sealed, and who was out by then, as far as it knew: by their places, how often each had come by then. */
interface Sealed {
  bytes: Uint8Array
  text: Uint8Array
  out: Map<number, number>
}

// the limit is for what hangs: it takes ten seconds of a free processor
it('eight nodes restart, come apart, remove each other, leave and come back at random for ten hours: at the end they are in one piece, with equal logs and keys, and who is out has no newer one', async () => {
  const random = seeded(SEED)
  const oneOf = <T>(items: T[]): T => items[Math.floor(random() * items.length)]!
  const clock = new FakeClock()
  const network = createNetwork({ clock })

  try {
    const nodes: TestNode[] = await Promise.all(Array.from({ length: NODES }, async () => network.node()))
    const time = new Time(network, clock, () => nodes)
    const party = await nodes[0]!.services.parties.create({ name: 'Book club' })
    /** The ADMITs of each. */
    const admits = nodes.map((): string[] => [])
    const sealed: Sealed[] = []
    const counts = { removals: 0, leaves: 0, returns: 0 }
    let round = 0

    const admit = async (by: LocalParty, place: number): Promise<void> => {
      const { code, pin } = await by.invite({ role: random() < 0.7 ? 'admin' : 'writer' })
      await nodes[place]!.services.parties.redeem(code).setPin(pin)
      admits[place]!.push(by.log.member([...by.log.personsOf(keyOf(nodes[place]!.peerId))][0]!)!.admit!)
    }

    for (let place = 1; place < NODES; place++) {
      await admit(party as LocalParty, place)
    }

    const end = clock.now() + HOURS * 60 * MINUTE

    while (clock.now() < end) {
      const parties = await Promise.all(nodes.map(partyOf))
      const which = oneOf([...nodes.keys()].filter(place => parties[place]?.role != null))
      const own = oneOf(parties.filter(({ role }) => isAtLeast(role, 'admin')))

      switch (EVENTS[round++ % EVENTS.length]!) {
        case 'restart':
          nodes[which] = await network.restart(nodes[which]!)
          break
        case 'part': {
          const side = nodes.filter(() => random() < 0.5)
          network.partition(side, nodes.filter(node => !side.includes(node)))
          break
        }
        case 'heal':
          network.partition()
          break
        case 'remove': {
          const below = own.members.filter(({ peerId, self }) => !self && own.rolesFor(peerId).length > 0)
          counts.removals += Number(below.length > 0 && await time.spent(own.remove(oneOf(below))))
          break
        }
        case 'leave':
          counts.leaves += Number(which > 0 && await time.spent(parties[which]!.leave()))
          break
        case 'return':
          // parted, one does not reach the other
          for (const place of [...nodes.keys()].filter(place => own.roleOf(nodes[place]!.peerId) == null)) {
            counts.returns += Number(await time.spent(admit(own, place)))
          }
      }

      await time.quiet()
      const by = await partyOf(nodes[Math.floor(random() * NODES)]!)

      if (by.role != null && by.epoch.id != null && !by.epoch.owed) {
        const text = new TextEncoder().encode(`the ${sealed.length}th`)
        const out = [...nodes.keys()].filter(place => by.roleOf(nodes[place]!.peerId) == null && admits[place]!.every(id => by.log.has(id)))
        sealed.push({ text, bytes: await by.seal(text), out: new Map(out.map(place => [place, admits[place]!.length])) })
      }

      await time.pass(1 + Math.floor(random() * 25))
    }

    network.partition()
    await time.pass(30)
    const parties = await Promise.all(nodes.map(partyOf))
    const [alices] = parties
    const isIn = nodes.map(({ peerId }) => alices?.roleOf(peerId) != null)
    const members = parties.filter((_, place) => isIn[place])
    expect([counts.removals + counts.leaves > 4, counts.returns > 1, sealed.length > 20]).toEqual([true, true, true])
    expect(isIn).toContain(false)
    expect(piecesOf(nodes.filter((_, place) => isIn[place]))).toBe(1)
    expect(new Set(members.map(({ log }) => log.stateHash())).size).toBe(1)
    expect(new Set(members.map(({ log }) => log.size)).size).toBe(1)
    expect(members.every(({ online }) => online.length > 0)).toBe(true)

    // one key, and none of before is lost
    expect(members.map(({ epoch }) => epoch)).toEqual(members.map(() => ({ id: alices?.epoch.id, owed: false, history: true })))
    expect(alices?.epoch.id).toBeDefined()

    for (const member of members) {
      for (const { text, bytes } of sealed) {
        expect((await member.open(bytes)).bytes).toEqual(text)
      }
    }

    let kept = 0

    for (const [place, out] of parties.entries()) {
      const { keyring } = await out.keys()
      expect(keyring.epoch(alices?.epoch.id ?? '') != null).toBe(isIn[place])
      const newer = sealed.filter(({ out }) => !isIn[place] && out.get(place) === admits[place]!.length)
      expect(newer.filter(({ bytes }) => keyring.epoch(epochIdIn(bytes)) != null)).toEqual([])
      kept += newer.length
    }

    expect(kept).toBeGreaterThan(0)
  } finally {
    await network.stop()
  }
}, 180_000)
