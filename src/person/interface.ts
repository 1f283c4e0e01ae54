/** What a person's devices need of their node. */
import type { Party } from '../interface/index.js'
import type { MakeRekey, MembershipLog, OpId, SignedOp } from '../log/index.js'
import type { AbortOptions } from '@libp2p/interface'

/** A party of this node, as its person's devices are linked there. */
export interface SeatedParty extends Party {
  readonly log: MembershipLog
  /** Once after a start, before the first op of this node: waits, a little, for its newest ones from others. */
  freshen (): Promise<void>
  /** Makes the REKEY behind an UNLINK, in its batch. */
  rotation (): Promise<MakeRekey | undefined>
}

export interface PartyShelf {
  /** Parties that are listed here, the home not among them. */
  parties (): Iterable<SeatedParty>
  /** Parties of siblings that this device waits to be linked into. */
  awaited (): Iterable<OpId>
  /** Begins the log of such a party. @throws {ProtocolError} It is no GENESIS. @throws {StorageError} */
  await (genesis: SignedOp): Promise<void>
  /** No sibling is in it any more. @throws {StorageError} */
  forget (party: OpId): Promise<void>
  /** Is this device not to be linked there by itself? It forgot the party as a member of it, or the words bring it just now. @throws {StorageError} */
  isBarred (party: OpId): Promise<boolean>
  /** Waits, a little, for what connected members have of a party. */
  catchUp (party: OpId, options?: AbortOptions): Promise<void>
}
