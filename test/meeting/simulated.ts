/** Parties of many nodes that do what the policy says, in simulated time: no network, no keys. */
import { Policy } from '../../src/meeting/links/policy.js'
import type { Candidate } from '../../src/meeting/links/party-links.js'

/** Where a node believes another one to be: another number than it has is an old address. */
type Address = number

const PARTY = 'party'

/** Records that a node keeps, at most. */
const MAX_KNOWN = 128
/** Records in an answer. */
const GIVEN = 8
/** A node that knows fewer asks for more, this long after it has a link, ms. */
const ENOUGH = 24
const LEARNING = 60_000
/** Dial, and ask, ms. */
const ROUND_TRIPS = 300
/** Until a dial of who is away fails: it is refused, or nothing answers, ms. */
const FAILING = [100, 5_000] as const
/** Until a connection that was lost is missed: it was closed, or nothing answers to a ping, ms. */
const MISSED = [50, 15_000] as const

class SimulatedNode {
  readonly name: string
  readonly #place: number
  readonly policy: Policy
  readonly known = new Map<string, Address>()
  address: Address = 0
  online = false
  /** Of a partition. */
  side = 0
  /** A plan is made then, ms. */
  wakeAt: number | undefined
  asked = 0
  isLearning = false

  constructor (party: SimulatedParty, place: number, policy: Policy) {
    this.name = `node ${place}`
    this.#place = place
    this.policy = policy
    policy.add({
      party: PARTY,
      get size () { return party.nodes.length },
      get hosts () { return party.hosts },
      candidates: () => [...this.known.keys()].map((key): Candidate => ({ key, is: party.isHost(key) ? 'host' : 'other' }))
    }, 0)
  }

  get isHost (): boolean { return this.#place === 0 || this.#place % 100 === 1 }
  get links (): ReadonlySet<string> { return this.policy.linksOf(PARTY) }
}

export class SimulatedParty {
  readonly nodes: SimulatedNode[] = []
  readonly #byName = new Map<string, SimulatedNode>()
  readonly #random: () => number
  readonly #queue: Array<{ at: number, what: () => void }> = []
  now = 0
  hosts = 0

  /** @param random - 0 ≤ x < 1 */
  constructor (random: () => number) {
    this.#random = random
  }

  get online (): SimulatedNode[] { return this.nodes.filter(({ online }) => online) }

  isHost (name: string): boolean {
    return this.#byName.get(name)?.isHost === true
  }

  /** One joins by an invitation of somebody who is online. */
  join (): void {
    const inviter = this.#oneOf(this.online)
    const node = new SimulatedNode(this, this.nodes.length, new Policy(this.#random))
    this.nodes.push(node)
    this.#byName.set(node.name, node)
    this.hosts += node.isHost ? 1 : 0
    node.online = true

    if (inviter != null) {
      this.#exchange(node, inviter)
    }

    this.#plan(node)
  }

  stop (node: SimulatedNode): void {
    node.online = false

    for (const other of node.links) {
      node.policy.ended(PARTY, other, this.now)
      this.#miss(other, node.name)
    }
  }

  /** @param moved - Has it another address now? */
  start (node: SimulatedNode, moved: boolean): void {
    node.address += moved ? 1 : 0
    node.online = true
    node.policy.refresh(this.now)
    this.#plan(node)
  }

  /** Nodes of different sides do not reach each other any more. */
  divide (sideOf: (place: number) => number): void {
    this.nodes.forEach((node, place) => { node.side = sideOf(place) })

    for (const node of this.nodes) {
      for (const other of node.links) {
        if (this.#byName.get(other)?.side !== node.side) {
          this.#miss(node.name, other)
        }
      }
    }
  }

  /** Runs until then, ms. */
  runTo (end: number): void {
    while (this.#queue.length > 0 && (this.#queue[0]?.at ?? end) <= end) {
      const { at, what } = this.#queue.shift() as { at: number, what: () => void }
      this.now = at
      what()
    }

    this.now = end
  }

  /** How many pieces the nodes that are online are in, by links on which both ends agree. */
  pieces (): number {
    const left = new Set(this.online)
    let pieces = 0

    for (const first of left) {
      pieces++
      this.reach(first).forEach((_, node) => { left.delete(node) })
    }

    return pieces
  }

  /** Hops of an op of this node to each that it comes to. */
  reach (from: SimulatedNode): Map<SimulatedNode, number> {
    const hops = new Map([[from, 0]])

    for (const [node, hop] of hops) {
      for (const name of node.links) {
        const other = this.#byName.get(name)

        if (other?.online === true && other.side === node.side && other.links.has(node.name) && !hops.has(other)) {
          hops.set(other, hop + 1)
        }
      }
    }

    return hops
  }

  #plan (node: SimulatedNode): void {
    if (!node.online) {
      return
    }

    const { open, drop, lacking, wakeAt } = node.policy.plan(this.now)
    drop.forEach(({ key }) => { this.#later(ROUND_TRIPS / 6, () => { this.#end(key, node.name, true) }) })
    open.forEach(({ key, alone }) => { this.#ask(node, this.#byName.get(key) as SimulatedNode, alone) })

    if (lacking.length > 0 && node.links.size > 0 && !node.isLearning) {
      node.isLearning = true
      this.#later(LEARNING, () => {
        node.isLearning = false
        const link = this.#byName.get(this.#oneOf([...node.links]) ?? '')

        if (link?.online === true && node.online) {
          this.#exchange(node, link)
          this.#plan(node)
        }
      })
    }

    if (wakeAt != null && (node.wakeAt == null || node.wakeAt <= this.now || wakeAt < node.wakeAt)) {
      node.wakeAt = wakeAt
      this.#at(wakeAt, () => {
        if (node.wakeAt === wakeAt) {
          this.#plan(node)
        }
      })
    }
  }

  #ask (node: SimulatedNode, other: SimulatedNode, alone: boolean): void {
    node.asked++

    if (!this.#isReached(node, other)) {
      this.#later(FAILING[this.#random() < 0.5 ? 0 : 1], () => {
        node.policy.failed(other.name, this.now)
        this.#plan(node)
      })

      return
    }

    this.#later(ROUND_TRIPS * (0.5 + this.#random()), () => {
      const isReached = this.#isReached(node, other)
      const isGiven = isReached && other.policy.offered(PARTY, node.name, alone, this.now)

      if (isReached) {
        this.#exchange(node, other)
        this.#plan(other)
      }

      if (isGiven) {
        node.policy.linked(PARTY, other.name)
        this.#later(LEARNING, () => { this.#learnMore(node) })
      } else if (isReached) {
        node.policy.refused(PARTY, other.name, this.now)
      } else {
        node.policy.failed(other.name, this.now)
      }

      this.#plan(node)
    })
  }

  /** One that knows few members asks for more of them. */
  #learnMore (node: SimulatedNode): void {
    const link = this.#byName.get(this.#oneOf([...node.links]) ?? '')

    if (node.online && link?.online === true && node.known.size < Math.min(this.nodes.length - 1, ENOUGH)) {
      this.#exchange(node, link)
    }
  }

  /** Who asks shows where it is, and is told of the other and some more. */
  #exchange (node: SimulatedNode, other: SimulatedNode): void {
    const others = [...other.known].filter(([name]) => name !== node.name)

    for (let given = 0; given < GIVEN && others.length > 0; given++) {
      const [[name, address]] = others.splice(Math.floor(this.#random() * others.length), 1) as [[string, Address]]
      this.#learn(node, name, address)
    }

    this.#learn(node, other.name, other.address)
    this.#learn(other, node.name, node.address)
  }

  #learn (node: SimulatedNode, name: string, address: Address): void {
    const known = node.known.get(name)

    if (known == null || known < address) {
      node.known.delete(name)
      node.known.set(name, address)
      node.policy.retry(name)
    }

    if (node.known.size > MAX_KNOWN) {
      const oldest = [...node.known.keys()].find(other => !node.links.has(other))
      node.known.delete(oldest ?? '')
    }
  }

  #isReached (node: SimulatedNode, other: SimulatedNode): boolean {
    return other.online && node.online && other.side === node.side && node.known.get(other.name) === other.address
  }

  #miss (name: string, other: string): void {
    this.#later(MISSED[this.#random() < 0.5 ? 0 : 1], () => { this.#end(name, other, false) })
  }

  #end (name: string, other: string, dropped: boolean): void {
    const node = this.#byName.get(name)

    if (node?.links.has(other) === true) {
      node.policy.ended(PARTY, other, this.now, dropped)
      this.#plan(node)
    }
  }

  #later (ms: number, what: () => void): void {
    this.#at(this.now + ms, what)
  }

  #at (at: number, what: () => void): void {
    let [low, high] = [0, this.#queue.length]

    while (low < high) {
      const middle = (low + high) >> 1

      if ((this.#queue[middle]?.at ?? 0) <= at) {
        low = middle + 1
      } else {
        high = middle
      }
    }

    this.#queue.splice(low, 0, { at, what })
  }

  #oneOf <T> (items: T[]): T | undefined {
    return items[Math.floor(this.#random() * items.length)]
  }
}

/** 0 ≤ x < 1, the same ones for the same seed (mulberry32). */
export function seeded (seed: number): () => number {
  let state = seed

  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed

    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A party that has grown: one joins every two seconds; then it settles for a minute. */
export function grown (size: number, random: () => number): SimulatedParty {
  const party = new SimulatedParty(random)

  for (let place = 0; place < size; place++) {
    party.join()
    party.runTo(party.now + 2_000)
  }

  party.runTo(party.now + 60_000)

  return party
}

/** Runs until the party is in one piece. @returns How long that took, ms; undefined: longer than the limit */
export function untilOnePiece (party: SimulatedParty, step = 100, limit = 36_000_000): number | undefined {
  const begun = party.now

  while (party.pieces() > 1 && party.now - begun < limit) {
    party.runTo(party.now + step)
  }

  return party.pieces() === 1 ? party.now - begun : undefined
}
