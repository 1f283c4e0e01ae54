/**
 * Who is in an op's past: all below one place in this replica's order, and, of
 * the chains that go on above it, how far. A straight history is one number;
 * else the sets share what they have in common, so that no shape of history
 * makes them grow with its length.
 */

/** Slots of a node: 2 ** BITS. */
const BITS = 3
const MASK = 7

/** Places that one op may take into `upto` more than its parents had: more than one, so that it catches up. */
const CATCH_UP = 32

/** For each chain (its number says the way down), how many of its ops; 0: none. Never changed once made. */
type Node = ReadonlyArray<Node | number>

export interface Links {
  readonly height: number
  readonly root: Node
}

/** What an op must say of itself to be found in a past. */
export interface Placed {
  /** Where it stands in this replica's order. */
  readonly place: number
  /** The chain that it is on: each op has the one before it there in its past. */
  readonly chain: number
  /** Its number on that chain, from 0. */
  readonly link: number
}

export interface Ancestors {
  /** All places below are in the past. */
  readonly upto: number
  /** What else is, by chain. */
  readonly over?: Links
}

export const NO_ANCESTORS: Ancestors = { upto: 0 }

/** Tells, of each chain above `upto`, how many of its ops are in the past. */
export function eachReach ({ over }: Ancestors, tell: (chain: number, count: number) => void): void {
  if (over != null) {
    visit(over.root, over.height, 0, tell)
  }
}

export function contains ({ upto, over }: Ancestors, { place, chain, link }: Placed): boolean {
  return place < upto || (over != null && reach(over, chain) > link)
}

/** A replica's order of ops. */
export interface Order {
  /** Places that there are. */
  readonly end: number
  at: (place: number) => Placed
  onChain: (chain: number, link: number) => Placed
}

/** All of these ops and their pasts. */
export function pastOf (tops: ReadonlyArray<Placed & { ancestors: Ancestors }>, order: Order): Ancestors {
  let upto = 0
  let over: Links | undefined
  let lowest = Infinity

  for (const top of tops) {
    const straight = top.ancestors.upto === top.place
    upto = Math.max(upto, straight ? top.place + 1 : top.ancestors.upto)
    over = union(over, top.ancestors.over)

    if (top.ancestors.over != null) {
      lowest = Math.min(lowest, top.ancestors.upto)
    }
  }

  for (const top of tops) {
    if (top.place >= upto) {
      over = extend(over, top)
    }
  }

  // what lies below now need not be told by chain
  if (over != null && lowest < upto) {
    over = from(over, upto, order)
  }

  for (let steps = 0; over != null && upto < order.end && steps < CATCH_UP; steps++) {
    const next = order.at(upto)
    const far = reach(over, next.chain)

    if (far <= next.link) {
      break
    }

    upto++

    if (far === next.link + 1) {
      over = set(over, next.chain, 0)
    }
  }

  return over == null ? { upto } : { upto, over }
}

/** How many of a chain's ops. */
function reach ({ height, root }: Links, chain: number): number {
  if (chain >>> (BITS * (height + 1)) !== 0) {
    return 0
  }

  let node: Node | number = root

  for (let level = height; level >= 0; level--) {
    node = (node as Node)[(chain >>> (BITS * level)) & MASK] ?? 0

    if (node === 0) {
      return 0
    }
  }

  return node as number
}

function extend (links: Links | undefined, { chain, link }: Placed): Links | undefined {
  return links != null && reach(links, chain) > link ? links : set(links, chain, link + 1)
}

const EMPTY: Node = [0, 0, 0, 0, 0, 0, 0, 0]

function set (links: Links | undefined, chain: number, value: number): Links | undefined {
  let { height, root } = links ?? { height: 0, root: EMPTY }

  while (chain >>> (BITS * (height + 1)) !== 0) {
    root = [root, 0, 0, 0, 0, 0, 0, 0]
    height++
  }

  const changed = put(root, height, chain, value)

  return changed === 0 ? undefined : { height, root: changed }
}

function put (node: Node | number, level: number, chain: number, value: number): Node | 0 {
  const copy = (node === 0 ? EMPTY : node as Node).slice()
  const slot = (chain >>> (BITS * level)) & MASK
  copy[slot] = level === 0 ? value : put(copy[slot] ?? 0, level - 1, chain, value)

  return copy.every(part => part === 0) ? 0 : copy
}

function union (a: Links | undefined, b: Links | undefined): Links | undefined {
  if (a == null || b == null || a.root === b.root) {
    return a ?? b
  }

  const height = Math.max(a.height, b.height)
  const root = merge(raised(a, height), raised(b, height), height)

  return { height, root: root as Node }
}

function raised ({ height, root }: Links, to: number): Node {
  return height === to ? root : raised({ height: height + 1, root: [root, 0, 0, 0, 0, 0, 0, 0] }, to)
}

/** Gives one of both itself where that has all: so pasts share what is equal. */
function merge (a: Node | number, b: Node | number, level: number): Node | number {
  if (a === b || b === 0) {
    return a
  }

  if (a === 0) {
    return b
  }

  if (level < 0) {
    return Math.max(a as number, b as number)
  }

  const one = a as Node
  const other = b as Node
  const merged: Array<Node | number> = []
  let isOne = true
  let isOther = true

  for (let slot = 0; slot <= MASK; slot++) {
    const part = merge(one[slot] as Node | number, other[slot] as Node | number, level - 1)
    isOne &&= part === one[slot]
    isOther &&= part === other[slot]
    merged.push(part)
  }

  return isOne ? one : isOther ? other : merged
}

/** Without the chains whose last op in it stands below a place. */
function from (links: Links, place: number, order: Order): Links | undefined {
  let left: Links | undefined = links

  visit(links.root, links.height, 0, (chain, count) => {
    if (order.onChain(chain, count - 1).place < place) {
      left = set(left, chain, 0)
    }
  })

  return left
}

function visit (node: Node, level: number, before: number, tell: (chain: number, count: number) => void): void {
  for (let slot = 0; slot <= MASK; slot++) {
    const part = node[slot] as Node | number
    const chain = before + slot * 2 ** (BITS * level)

    if (part !== 0 && level === 0) {
      tell(chain, part as number)
    } else if (part !== 0) {
      visit(part as Node, level - 1, chain, tell)
    }
  }
}
