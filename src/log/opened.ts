/** A log as it is opened: what its store has, whole again where a part was damaged. */
import { DamagedRecordError, StorageError } from '../errors.js'
import { LOGS, readable } from './datastore.js'
import { storedGrant } from './grant.js'
import { decodeOp } from './op.js'
import { genesisIn, restore } from './restore.js'
import type { AnyGrant } from './grant.js'
import type { History } from './history.js'
import type { OpId } from './kinds.js'
import type { Op, SignedOp, UnknownOp } from './op.js'
import type { LogStore } from './store.js'
import type { AbortOptions } from '@libp2p/interface'

export interface Opened {
  history: History
  /** Ops that lost their place: to be received anew. */
  rest: SignedOp[]
  /** What was found damaged, and was set aside. */
  damaged: DamagedRecordError[]
  /** What the log ended with when it was whole. */
  heads: OpId[]
  grant?: AnyGrant
  /** Ops that only a newer plus-one can judge. */
  held: Array<Op | UnknownOp>
}

/** @throws {StorageError} It is not there, or damaged. */
export async function opened (store: LogStore, key: OpId, options?: AbortOptions): Promise<Opened> {
  const stored = await store.load(options)
  const genesis = genesisIn(stored, key)

  if (genesis == null) {
    throw stored.ops.size + stored.damaged.size === 0 ? new StorageError('This node has no such party; join it') : new DamagedRecordError(`${LOGS}/${key}/genesis`)
  }

  const { history, covered, rest, unusable, damaged, isWhole, heads } = restore(stored, genesis)
  store.follow(history, covered)

  if (!isWhole) {
    // what cannot be used in its place is kept, and received as from others
    await store.setAside([...unusable, ...stored.end != null && heads.some(id => !history.graph.has(id)) ? ['end'] : []])
    await store.rewrite(history, options)
  }

  return {
    history,
    rest,
    damaged: isWhole ? [] : damaged.map(name => new DamagedRecordError(`${LOGS}/${key}/${name}`)),
    heads,
    ...(stored.grant == null ? {} : { grant: storedGrant(stored.grant) }),
    held: readable(() => stored.held.map(op => decodeOp(op)))
  }
}
