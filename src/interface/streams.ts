/** An app's own protocols, among members. */
import type { Role } from '../log/index.js'
import type { AbortOptions, NewStreamOptions, PeerId, StreamHandlerOptions } from '@libp2p/interface'

/** Who is told which devices serve a protocol to this node: as libp2p's `Topology`, of one party. */
export interface PartyTopology {
  /** A member's device serves it from now on. */
  onConnect?: (peer: PeerId) => void
  /** It does not any more, or cannot be reached. */
  onDisconnect?: (peer: PeerId) => void
  /** Also who can be reached over a relay's limited connection alone. @default false */
  notifyOnLimitedConnection?: boolean
}

/** Who may open streams; the rest is libp2p's. */
export interface HandleOptions extends Omit<StreamHandlerOptions, 'middleware'> {
  /** The least rank that may open streams. @default 'reader' */
  role?: Role
  /** Takes the place of the handler that this party has. */
  force?: true
}

/** libp2p's, for a stream to a member. */
export interface OpenStreamOptions extends NewStreamOptions {
  /** Gives up. The other side has 10 s to answer in any case. */
  signal?: AbortSignal
}

/** Who may open streams. */
export interface ProtectOptions extends AbortOptions {
  /** The least rank that may open streams. @default 'reader' */
  role?: Role
}
