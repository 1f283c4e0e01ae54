/** What the rules read of an op: one flat record, resolved against the ops before it. */
import type { Past } from './past.js'
import type { MemberKey, OpId, OpKind, Role, SignedOp } from './op.js'

export interface Fact {
  id: OpId
  kind: OpKind
  author: MemberKey
  /** Where it stands in this replica's order, in which every op follows its parents. */
  place: number
  /** Parents' places. */
  parents: readonly number[]
  /** The longest way from the GENESIS, in ops: an ancestor's is always lower. */
  depth: number
  past: Past
  signed: SignedOp
  /** Whom it is about (DESIGN section 6): ADMIT, SET_ROLE, REMOVE, LEAVE, READOPT. */
  member?: MemberKey
  /** INVITE: its role; ADMIT, READOPT, SET_ROLE: the role that it gives. */
  role?: Role
  /** ADMIT, REVOKE: its INVITE. */
  invite?: Fact
  /** READOPT: its ADMIT; LEAVE: the grant that it ends, by its own past. */
  of?: Fact
  /** INVITE */
  terms?: { lookupId: string, uses: number, createdAt: number, expiresAt: number, target?: MemberKey }
  /** ADMIT: ms after its INVITE. */
  after?: number
}

/** A fact before it has a place. */
export type Draft = Omit<Fact, 'place' | 'depth' | 'past' | 'parents'> & { parents: readonly OpId[] }

/** Ops that make or keep someone a member (DESIGN section 1). */
export function isGrant ({ kind }: Pick<Fact, 'kind'>): boolean {
  return kind === 'ADMIT' || kind === 'READOPT' || kind === 'SET_ROLE'
}
