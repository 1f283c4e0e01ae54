/** What sync needs of a log and of the records beside it, and what it tells. */
import type { Clock } from '../async/clock.js'
import type { Protocol } from '../network/protocols.js'
import type { AbortOptions, ComponentLogger, TypedEventTarget } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'

/** SHA-256 of an op's body, lowercase hex. */
export type OpId = string

/** An Ed25519 public key of 32 bytes, lowercase hex. */
export type Key = string

export interface SignedOp {
  /** At most 4096 bytes. */
  body: Uint8Array
  /** 64 bytes. */
  sig: Uint8Array
}

/** An op as a log keeps it. */
export interface SyncOp {
  readonly id: OpId
  readonly author: Key
  readonly signed: SignedOp
}

export interface PlacedOp extends SyncOp {
  /** Grows from parents to children, on this replica. */
  readonly place: number
}

/** The newest op of a chain, or one of several where its author forked it. */
export interface ChainTip {
  id: OpId
  /** How many ops of its chain lie behind it. */
  sequence: number
}

/** Where a key stands, by this replica's view. */
export type Standing =
  | { is: 'member' }
  | { is: 'stranger' }
  /** `ops`: what ended the membership; at most 16. */
  | { is: 'removed', ops: OpId[] }
  /** `ops`: the ADMIT, and the op to blame where there is one. `because`: the reason's name. */
  | { is: 'void', because: string, ops: OpId[] }

/** What a Refusal says. */
export interface RefusalInit {
  code: number
  because?: string
  ops?: OpId[]
}

export interface FromOptions extends AbortOptions {
  /** Whom it came from: what one source can leave waiting here is capped. */
  from: Key
}

export interface Received {
  accepted: number
  /** Undecodable, badly signed, or judged so. */
  refused: number
  /** How many ops here wait for their past, these and others. */
  pending: number
}

export interface SyncableLogEvents {
  /** Newly accepted and durable, parents first. */
  ops: CustomEvent<readonly SyncOp[]>
  /** Chains whose tips changed otherwise. */
  chains: CustomEvent<readonly Key[]>
  /** Keys whose standing may have changed. */
  members: CustomEvent<readonly Key[]>
}

/** A membership log, as far as sync needs it. `Verified` is the log's own. */
export interface SyncableLog<Verified = unknown> extends Pick<TypedEventTarget<SyncableLogEvents>, 'addEventListener' | 'removeEventListener'> {
  /** The id of the GENESIS. */
  readonly key: OpId
  /** This node's key. */
  readonly self: Key
  /** How many ops are here. */
  readonly size: number
  readonly heads: OpId[]
  /** Is it here, with its past? */
  has (id: OpId): boolean
  chains (): Iterable<{ author: Key, tips: ChainTip[] }>
  /** The tips of one chain, by id; none where the key has signed nothing. */
  chain (author: Key): ChainTip[]
  /** Ids on the way back from a chain's tips, at doubling distances; at most 24. */
  trail (author: Key): OpId[]
  /** What is not in the past of these, nor one of them; ids that are not here are ignored. Parents first. */
  since (known: OpId[]): Iterable<SyncOp>
  /** What of a chain is neither one of these nor on the way back from one. */
  after (author: Key, tips: OpId[]): Iterable<PlacedOp>
  /** These ops with their past, but for what is known and its past. Parents first. */
  evidence (of: OpId[], known: OpId[]): Iterable<SyncOp>
  /** Ids, layout and signatures, many side by side; changes nothing. */
  verify (ops: SignedOp[], options: FromOptions): Promise<Verified>
  /** Judges and keeps; resolves when that is durable. @throws {StorageError} Nothing was kept. */
  receive (verified: Verified, options: FromOptions): Promise<Received>
  standingOf (key: Key): Standing
  /** Keeps the ops that prove an ADMIT of this key, where they hold; its standing after that. */
  admit (proof: SignedOp[], key: Key, options?: AbortOptions): Promise<Standing>
  /** The ops that prove this node's own ADMIT, parents first; at most 66. */
  proof (): SignedOp[]
}

/** A record beside the log, in short. */
export interface RecordEntry {
  /** Whose it is: 32 bytes, hex. */
  key: Key
  /** The highest wins; of equal ones the higher id. */
  sequence: number
  /** The first 16 bytes of its SHA-256, hex. */
  id: string
}

export interface RecordSetEvents {
  records: CustomEvent<{ changed: RecordEntry[], gone: Key[] }>
}

/** Records of a party beside its log, the newest of each key; profiles are one. */
export interface RecordSet extends Pick<TypedEventTarget<RecordSetEvents>, 'addEventListener' | 'removeEventListener'> {
  /** From 1 on; the same on all replicas. */
  readonly number: number
  entries (): Iterable<RecordEntry>
  /** The signed record, at most 8192 bytes. */
  get (key: Key, options?: AbortOptions): Promise<Uint8Array | undefined>
  /**
   * Verifies them and keeps those that are newer, while their signers stand; durable when it resolves. How many were
   * no valid records, and how many came early: the ops by which their signers stand may still come.
   */
  keep (records: Uint8Array[], options: FromOptions): Promise<{ kept: number, refused: number, early?: number }>
}

/** How far a Pull is; over all Pulls of one stream. */
export interface Progress {
  /** 0: ops. */
  set: number
  items: { done: number, all: number }
  bytes: { done: number, all: number }
}

export interface LogSyncInit {
  /** Streams that one peer may have open to this node. @default 256 */
  maxInboundStreams?: number
  /** Its protocol on this node; its limits come before the one above. @default LOG_PROTOCOL's */
  protocol?: Protocol
  /** How long members who are connected, and not told of what is new, are without it, ms: the first of them; the last, 30_000 at most. @default 2_000 */
  late?: number
  /** Bytes of items that may be on their way here on one stream. @default 262144 */
  window?: number
  /** For what waits: how long a stream may take to begin, and until one that ended is opened again. @default the platform's */
  clock?: Clock
}

export interface LogSyncComponents {
  registrar: Registrar
  connectionManager: ConnectionManager
  logger: ComponentLogger
}

export interface LogSyncEvents {
  'progress': CustomEvent<Progress & { party: OpId, peer: Key }>
  /** All that a member had is here, as far as it told. */
  'agreed': CustomEvent<{ party: OpId, peer: Key }>
  /** Another member refused this node, and said why. */
  'refused': CustomEvent<RefusalInit & { party: OpId, peer: Key }>
}
