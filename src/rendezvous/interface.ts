/**
 * Rendezvous: how an invitee who knows only a nameplate finds the inviter
 * (docs/rendezvous.md). A nameplate is public: nothing here is derived from the
 * secret words.
 */
import type { Timers } from '../async/clock.js'
import type { RendezvousClientComponents } from './protocol/interface.js'
import type { AbortOptions, Libp2pEvents, PeerInfo, PeerStore, TypedEventTarget } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** How a short code is published. */
export interface PublishOptions extends AbortOptions {
  /** A later renewal failed, for now: it is tried again. */
  onError?: (error: Error) => void
}

/** This node is found under a nameplate until `stop` is called. */
export interface Publication {
  /** Withdraws it where it can; never throws. */
  stop (options?: AbortOptions): Promise<void>
}

/**
 * One way to find an inviter. What it says of a peer is a hint: whoever is found
 * has to prove itself.
 */
export interface Rendezvous {
  /** For progress and errors: 'rendezvous point', 'content routing'. */
  readonly name: string
  /**
   * Makes this node found under a nameplate, and keeps it so: before it lapses,
   * and whenever this node's addresses change, it is published again.
   *
   * @param nameplate - Two words, as maple-orbit; or the name of a party, which begins with plus-one/party/1/
   * @throws {RendezvousError} It could not be published anywhere.
   */
  publish (nameplate: string, options?: PublishOptions): Promise<Publication>
  /**
   * Who says that it is found under this nameplate, as they are found; the same
   * peer at most once. Ends when no more will come.
   *
   * @throws {RendezvousError} Nobody could be asked.
   */
  find (nameplate: string, options?: AbortOptions): AsyncIterable<PeerInfo>
}

/** Which rendezvous points are used, and how. */
export interface RendezvousPointsInit {
  /** Multiaddrs that end in the point's PeerId. @default connected peers that speak the protocol, as `plus-one relay` does */
  points?: Array<Multiaddr | string>
  clock?: Timers
}

/** What of libp2p it needs. */
export interface RendezvousPointsComponents extends RendezvousClientComponents {
  peerStore: PeerStore
  events: TypedEventTarget<Libp2pEvents>
}
