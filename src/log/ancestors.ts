/**
 * Who is in an op's past: all below one place in this replica's order, and, of
 * the chains that go on above it, how far. A straight history is one number.
 */
import { countOf, eachCount, union, withCount } from './reach.js'
import type { Reach } from './reach.js'

/** Places that one op may take into `upto` more than its parents had: more than one, so that it catches up. */
const CATCH_UP = 32

/** Places that `upto` passes before the chains below it are taken out of a past. */
const TIDY = 64

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
  readonly over?: Reach
}

export const NO_ANCESTORS: Ancestors = { upto: 0 }

/** Tells, of each chain above `upto`, how many of its ops are in the past. */
export function eachReach ({ over }: Ancestors, tell: (chain: number, count: number) => void): void {
  if (over != null) {
    eachCount(over, tell)
  }
}

export function contains ({ upto, over }: Ancestors, { place, chain, link }: Placed): boolean {
  return place < upto || (over != null && countOf(over, chain) > link)
}

/** A replica's order of ops. */
export interface Order {
  /** Places that there are. */
  readonly end: number
  at: (place: number) => Placed
  onChain: (chain: number, link: number) => Placed
}

/** All of these ops and their pasts. */
export function ancestorsOf (tops: ReadonlyArray<Placed & { ancestors: Ancestors }>, order: Order): Ancestors {
  let upto = 0
  let over: Reach | undefined
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

  // what lies below now need not be told by chain; looked for now and then
  if (over != null && Math.floor(lowest / TIDY) < Math.floor(upto / TIDY)) {
    over = from(over, upto, order)
  }

  for (let steps = 0; over != null && upto < order.end && steps < CATCH_UP; steps++) {
    const next = order.at(upto)
    const far = countOf(over, next.chain)

    if (far <= next.link) {
      break
    }

    upto++

    if (far === next.link + 1) {
      over = withCount(over, next.chain, 0)
    }
  }

  return over == null ? { upto } : { upto, over }
}

function extend (over: Reach | undefined, { chain, link }: Placed): Reach | undefined {
  return over != null && countOf(over, chain) > link ? over : withCount(over, chain, link + 1)
}

/** Without the chains whose last op in it stands below a place. */
function from (over: Reach, place: number, order: Order): Reach | undefined {
  let left: Reach | undefined = over

  eachCount(over, (chain, count) => {
    if (order.onChain(chain, count - 1).place < place) {
      left = withCount(left, chain, 0)
    }
  })

  return left
}
