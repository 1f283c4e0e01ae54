/** What the service is told of one of its parties, and tells the app. */
import type { InvitationItem, Member, Party, PartyEpoch, Refused, Role } from '../interface/index.js'
import type { PeerId } from '@libp2p/interface'

export interface PartyListener {
  /** This node is not a member any more. */
  onRemoved: (party: Party) => void
  /** Another member says so. */
  onRefused: (party: Party, refused: Refused) => void
  /** Another device, or a copy of this store, uses this node's key. */
  onInUse: (party: Party) => void
  onInvitationEnd: (party: Party, item: InvitationItem) => void
  /** Who came, went, or has another role: `before` and `after`, undefined where it is none. */
  onMember: (party: Party, member: Member, before: Role | undefined, after: Role | undefined) => void
  /** A member has one more device, or one less. */
  onDevice: (party: Party, member: Member, device: PeerId, isLinked: boolean) => void
  /** Somebody else can be reached now, or not any more. */
  onPresence: (party: Party, member: Member) => void
  /** The party's key is another, or it is owed. */
  onEpoch: (party: Party, epoch: PartyEpoch) => void
}
