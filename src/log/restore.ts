/** A log as its store has it: in the places that it had, as far as records are whole; of the rest, the ops alone. */
import { History } from './history.js'
import { decodeOp } from './op.js'
import { decodeRecord, opsIn, trailAfter } from './record.js'
import { nameOf } from './store.js'
import type { OpId } from './kinds.js'
import type { AnyOp, SignedOp } from './op.js'
import type { Stored } from './store.js'

export interface Restored {
  history: History
  /** Places that lie in a full record, too. */
  covered: number[]
  /** Ops that lost their place: to be received anew. */
  rest: SignedOp[]
  /** Names of records that are there and cannot be used. */
  unusable: Set<string>
  /** Names of those that are damaged, or missing. */
  damaged: string[]
  /** Are records and history the same? */
  isWhole: boolean
  /** What the log ended with before it was damaged; and its Grant, of which that is not known. */
  heads: OpId[]
}

/** undefined: it has no GENESIS. */
export function genesisIn ({ genesis, ops, aside }: Stored, key: OpId): AnyOp<'GENESIS'> | undefined {
  const genesisOf = (signed: SignedOp[]): AnyOp<'GENESIS'> | undefined => signed.flatMap(decoded).find((op): op is AnyOp<'GENESIS'> => op.id === key && op.kind === 'GENESIS')

  // records are read for it only where its own is damaged
  return genesisOf(genesis == null ? [] : [genesis]) ?? genesisOf([ops.get(0), ...aside.ops].flatMap(bytes => bytes == null ? [] : opsIn(bytes).slice(0, 1)))
}

export function restore (stored: Stored, genesis: AnyOp<'GENESIS'>): Restored {
  const { ops, lost, lostSum, end, damaged, aside } = stored
  const history = new History(genesis)
  const unusable = new Set(damaged.keys())
  const covered: number[] = []
  const rest: SignedOp[] = []
  let taken = 0
  let trail = 0

  for (const [place, bytes] of ops) {
    if (place < taken) {
      covered.push(place)
    } else if (place === taken && take(history, place, trail, bytes, lost)) {
      for (; taken < history.graph.end; taken++) {
        trail = trailAfter(trail, history.graph.at(taken).id)
      }
    } else {
      unusable.add(nameOf('op', place))
      rest.push(...opsIn(bytes))
    }
  }

  for (const [name, bytes] of damaged) {
    rest.push(...name.startsWith('op/') ? opsIn(bytes) : [])
  }

  history.view.restored()
  const isWhole = unusable.size === 0 && stored.genesis != null && end?.size === history.graph.end && end.trail === trail && end.lost === lostSum

  return {
    // what is void is written with the ops, and may be missing as they may
    history: isWhole ? history : history.upTo(history.graph.end),
    covered,
    rest: [...rest, ...aside.ops.flatMap(opsIn)],
    unusable,
    damaged: [...damaged.keys(), ...damaged.size === 0 && history.graph.end < (end?.size ?? 0) ? [nameOf('op', history.graph.end)] : []],
    isWhole,
    heads: [...isWhole ? [] : end?.heads ?? [], ...damaged.has('grant') ? ['grant'] : [], ...aside.ends.flatMap(({ heads }) => heads)]
  }
}

/** Is the record what it was? The first one begins with the GENESIS, which is here. */
function take (history: History, place: number, trail: number, bytes: Uint8Array, lost: Stored['lost']): boolean {
  try {
    decodeRecord(bytes, place, trail, at => history.graph.at(at) ?? missing(), (draft) => {
      if (draft.id !== history.genesis.id) {
        history.restore(draft, lost.get(history.graph.end))
      }
    })

    return true
  } catch {
    return false
  }
}

function decoded (signed: SignedOp): Array<ReturnType<typeof decodeOp>> {
  try {
    return [decodeOp(signed)]
  } catch {
    return []
  }
}

function missing (): never {
  throw new RangeError('A stored log has a gap')
}
