/** What a log is opened with, is asked, and tells. */
import type { Void } from './belief.js'
import type { Fact } from './fact.js'
import type { MemberKey, Op } from './op.js'
import type { AbortOptions, PrivateKey } from '@libp2p/interface'
import type { Batch, Datastore } from 'interface-datastore'

export interface LogInit {
  datastore: Datastore
  /** Ed25519: the member that this node is. */
  privateKey: PrivateKey
}

/** `with` puts more into the op's own batch: all of it is written, or nothing. */
export interface WriteOptions extends AbortOptions {
  with?: (batch: Batch, op: Op) => void
}

export interface ReceiveOptions extends AbortOptions {
  /** Whom the ops came from: what one source can leave waiting is capped. */
  from?: string
}

export interface Received {
  /** Kept, in the order in which they were. */
  accepted: Op[]
  /** How many were refused for good, were one too many of an author that floods, or were no ops. */
  refused: number
  /** How many wait for their past, of these and of others. */
  waiting: number
}

/** An op as another replica is sent it. */
export type Kept = Pick<Fact, 'id' | 'kind' | 'author' | 'signed'>

export interface LogEvents {
  /** Ops were kept and are durable; the view may have changed. */
  'ops': CustomEvent<Op[]>
  /** Members came, went or changed their role. */
  'members': CustomEvent<MemberKey[]>
  /** An op has no effect: any more, or from the start. An app can tell why, and offer READOPT for an ADMIT. */
  'void': CustomEvent<{ op: Op } & Void>
  /** An op that was void has effect again. */
  'unvoid': CustomEvent<{ op: Op }>
  /** An author signed two ops beside each other: a restored backup, or a cheat. */
  'fork': CustomEvent<{ author: MemberKey, ops: [Op, Op] }>
}
