/** A party's members, and what changes of membership come to. */
import type { OpKind, Profile, Role, VoidReason } from '../log/index.js'
import type { AbortOptions, PeerId } from '@libp2p/interface'

/** A person in a party. */
export interface Member {
  /** Names the member in this party: the id of its person (docs/membership-log.md), 32 bytes, hex. */
  id: string
  /** Of its first key, which names the member for good: also where that device was unlinked. */
  peerId: PeerId
  /** All devices that stand for it, the first key's first unless it was unlinked, then as near as they were linked to it. */
  devices: readonly PeerId[]
  role: Role
  /** What they show of themselves, with the name that they have in this party; empty until it is known here. */
  profile: Profile
  /** Who invited this member; undefined for those whom the party began with. */
  invitedBy?: PeerId
  /** Is it this node's own, by any of its devices? */
  self: boolean
  /** Is this node connected with it, by any of its keys? Its own member's is true. */
  online: boolean
}

/** Who leaves, and whether also as the last owner. */
export interface LeaveOptions extends AbortOptions {
  /** Also as the only owner: nobody can make an owner or an admin then. @default false */
  insist?: boolean
  /** Who leaves, where this device stands for two members. */
  member?: Member
}

/** What a change of membership brought with it. */
export interface ChangeResult {
  /** Ops of others that this change left without effect. */
  voided: VoidedOp[]
}

/** An op that has no effect: its author had lost the right, or another was first. */
export interface VoidedOp {
  /** Its id, hex: `readopt` takes an ADMIT's. */
  id: string
  kind: OpKind
  author: PeerId
  /** Whom it is about. */
  member?: PeerId
  reason: VoidReason
}

/** Why another member sends this node nothing more of a party. */
export interface Refused {
  /** Who says so. */
  member: PeerId
  /** The membership was ended; or the admission has no effect: an owner or an admin can `readopt` it. */
  reason: 'removed' | 'void'
  /** Of a void admission: that member's word for why, a `VoidReason` of its plus-one. */
  because?: string
  /** Ids of the ops that say so. */
  ops: string[]
}
