/** What both ends of direct invitations are given. */
import type { Protocol } from '../../network/protocols.js'
import type { Clock } from '../../async/clock.js'
import type { InvitationCode } from '../../codec/index.js'
import type { InvitationPreview, ReceivedInvitation, RedeemOptions, Redemption } from '../../interface/index.js'
import type { LocalInvitation } from '../invitation.js'
import type { Key } from '../../log/index.js'
import type { AbortOptions, Logger, PeerId } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'
import type { Datastore } from 'interface-datastore'

export interface DirectInit {
  components: { connectionManager: ConnectionManager, datastore: Datastore }
  /** What a yes or no leads to. */
  admission: {
    preview: (code: InvitationCode, options?: AbortOptions) => Promise<InvitationPreview>
    redeem: (code: InvitationCode, options?: RedeemOptions) => Redemption
    decline: (code: InvitationCode, reason?: string, options?: AbortOptions) => Promise<void>
  }
  log: Logger
  clock: Clock
  /** Invitations of this node that are served. */
  invitations: () => Iterable<LocalInvitation>
  /** Is this key in a party of this node? Its invitations are kept before strangers'. */
  isMember: (key: Key) => boolean
  received: (invitation: ReceivedInvitation) => void
}

export interface DirectInvitationsInit extends DirectInit {
  protocol: Protocol
  components: DirectInit['components'] & { registrar: Registrar }
  /** Resolves when the store may be used. */
  ready: () => Promise<void>
  /** @throws {BlockedError} A person here has blocked this peer. */
  assertFree: (peer: PeerId) => void
}
