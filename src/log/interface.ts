/** What a log is opened with, is asked, and tells. */
import type { Void } from './evaluation.js'
import type { Entry } from './entry.js'
import type { Key, OpId, PersonId, Role } from './kinds.js'
import type { Op, UnknownOp } from './op.js'
import type { Payloads } from './payloads.js'
import type { AbortOptions, PrivateKey } from '@libp2p/interface'
import type { Fill } from '../storage/records.js'
import type { Datastore } from 'interface-datastore'

export interface LogInit {
  datastore: Datastore
  /** Ed25519: the key that this node signs with. */
  privateKey: PrivateKey
}

export interface WriteOptions extends AbortOptions {
  /** Puts more into the op's own batch: all of it is written, or nothing. */
  with?: (batch: Parameters<Fill>[0], op: Op) => void
  /** Puts what memory holds under the keys of `with`, should the batch fail. */
  before?: Fill
  /** For whom to speak, where the key stands for several persons. */
  speaker?: PersonId
  /** Signs in place of this node's key: a recovery key. It is kept nowhere, and judged as any author is. */
  signer?: PrivateKey
  /** Ops on which it is not to rest, nor on what rests on them: an UNLINK voids what its key signed among those. */
  without?: readonly OpId[]
  /** Makes a REKEY that is written behind it, by this node's key and in the same batch; not called where that may sign none. */
  rekey?: MakeRekey
}

/** Where a REKEY is about to stand: what it is made of, and bound to. */
export interface RekeyPlace {
  genesis: OpId
  /** This node's key. */
  author: Key
  /** The author key's op before it; missing where there is none. */
  previous?: OpId
  /** Members' keys before it, 8 each at most: what it is sealed to. Nobody's, where another one follows in the same batch. */
  recipients: Key[]
  /** REKEYs that are current in its past, by id; then those of its own batch. */
  follows: OpId[]
  /** Is it the first one of its batch, and the last? Where a party has more ends than an op has parents, several bring them together. */
  isFirst: boolean
  isLast: boolean
}

export interface MadeRekey {
  payload: Payloads['REKEY']
  /** It is signed, and not written yet. */
  signed: (rekey: OpId) => void
  /** Puts what belongs to it into its batch: all of it is written, or nothing. */
  with: (batch: Parameters<Fill>[0], rekey: OpId) => void
}

/** Called when nothing else is written to the log, for each REKEY of a batch. @returns undefined: none, after all */
export type MakeRekey = (place: RekeyPlace) => Promise<MadeRekey | undefined>

export interface ReceiveOptions extends AbortOptions {
  /** Whom the ops came from: what one source can leave pending is capped. */
  from?: string
}

export interface Receipt {
  /** Kept, in the order in which they were. */
  accepted: Op[]
  /** How many were refused for good, were one too many of an author that floods, or were no ops. */
  refused: number
  /** How many are pending until their past is here, of these and of others. */
  pending: number
}

/** Ops whose signatures hold, ready to be received. */
export interface Verified {
  readonly ops: Array<Op | UnknownOp>
  /** How many were given. */
  readonly of: number
}

/** An op as another replica is sent it. `place` grows from parents to children. */
export type KeptOp = Pick<Entry, 'id' | 'kind' | 'author' | 'place' | 'signed'>

/** A person who is a member. */
export interface MemberRecord {
  person: PersonId
  /** The first key. */
  key: Key
  recovery?: Key
  role: Role
  /** 0 for founders, 1 to 15 for owners whom those made, and so on; then admins, and all others. */
  level: number
  /** The op that decides the role; missing for founders. */
  grant?: OpId
  /** The ADMIT that this member came by, and who signed it. */
  admit?: OpId
  invitedBy?: PersonId
}

export interface InviteRecord {
  id: OpId
  /** The key that signed it, and for whom. */
  author: Key
  speaker: PersonId
  lookupId: string
  role: Role
  uses: number
  hosts: PersonId[]
  /** Persons that its ADMITs in effect brought; in a home, the keys that its LINKs did. */
  usedBy: PersonId[]
  /** ms since 1970, told by its author. */
  createdAt: number
  /** ms since 1970; 0: never. */
  expiresAt: number
  target?: Key
  revokedBy?: OpId
}

/** One ADMIT in effect. */
export interface Use {
  person: PersonId
  /** ms since 1970, told by the ADMIT's author. */
  at: number
}

/** What a key is to a party. */
export type KeyStanding =
  | { is: 'member', person: PersonId }
  | { is: 'stranger' }
  /** `ops`: the REMOVEs, LEAVEs or UNLINKs that ended it, 16 at most. */
  | { is: 'removed', ops: OpId[] }
  /** Its ADMIT is here and void: `because` says why, `ops` are its ADMIT and the op to blame, if there is one. */
  | { is: 'void', because: Void['reason'], ops: OpId[] }

/** A key that a LINK brought, or a first key. */
export interface KeyRecord {
  key: Key
  /** How far from the recovery key; missing: no LINK of it counts. */
  class?: number
  /** Does it stand for the person now? One that does not never will again. */
  stands: boolean
  /** Who signed the LINKs of it that count. */
  linkedBy: Key[]
}

/** Someone who came, went or changed; `member` is missing for who is none now. */
export interface MemberChange {
  person: PersonId
  /** All that were ever named as its keys: what each of them is to the party may be another now. */
  keys: Key[]
  member?: MemberRecord
}

/** An op without effect. */
export type VoidedOp = { op: Op } & Void

export interface LogEvents {
  /** Ops were kept and are durable; the view may have changed. */
  'ops': CustomEvent<Op[]>
  /** Ops came that this node's key signed, and this node did not since its log was opened. */
  'elsewhere': CustomEvent<Op[]>
  /** Ops that only a newer plus-one can judge were kept, unjudged. */
  'held': CustomEvent<OpId[]>
  /** What changed of members: who came, went, changed role or keys. */
  'members': CustomEvent<MemberChange[]>
  /** An op has no effect: any more, or from the start. An app can tell why, and offer READOPT for an ADMIT. */
  'void': CustomEvent<{ op: Op } & Void>
  /** An op that was void has effect again. */
  'unvoid': CustomEvent<{ op: Op }>
  /** An author signed two ops with the same one before: a restored backup, or a cheat. */
  'fork': CustomEvent<{ author: Key, ops: [Op, Op] }>
}
