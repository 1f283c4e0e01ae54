/** What invitations need of their party. */
import type { Party, Profile } from '../interface/index.js'
import type { EpochSecret } from '../keys/index.js'
import type { Key, MembershipLog } from '../log/index.js'
import type { LocalInvitations } from './invitations.js'
import type { PeerId } from '@libp2p/interface'

export interface InvitingParty extends Party {
  readonly log: MembershipLog
  /** This node. */
  readonly self: PeerId
  readonly invitations: LocalInvitations
  /** What a member shows of itself there, by its first key. */
  profileOf (key: Key): Profile
  /** Once after a start, before the first op of this node: waits, a little, for its newest ones from others. */
  freshen (): Promise<void>
  /** The party's key as it is now, for a member; empty: it has none, or this node lacks it. Never rejects. */
  secrets (): Promise<readonly EpochSecret[]>
}
