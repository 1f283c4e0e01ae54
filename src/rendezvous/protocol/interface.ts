import type { Clock } from '../../async/clock.js'
import type { AbortOptions, ComponentLogger, PeerId, PrivateKey } from '@libp2p/interface'
import type { AddressManager, ConnectionManager, Registrar } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Datastore } from 'interface-datastore'

/** What of libp2p the client needs. */
export interface RendezvousClientComponents {
  peerId: PeerId
  privateKey: PrivateKey
  addressManager: AddressManager
  connectionManager: ConnectionManager
}

/** Where a rendezvous point is. */
export type RendezvousPoint = PeerId | Multiaddr

/** For how long. */
export interface RegisterOptions extends AbortOptions {
  /** Seconds. @default the point's, 7_200 */
  ttl?: number
}

/** Which registrations, and how many. */
export interface DiscoverOptions extends AbortOptions {
  /** Peers at most. @default the point's, 1_000 */
  limit?: number
  /** Of an earlier answer for the same namespace: what came since alone. */
  cookie?: Uint8Array
}

/** A registration whose record's signature held. */
export interface DiscoveredPeer {
  id: PeerId
  /** Each ends in the peer's id. */
  multiaddrs: Multiaddr[]
  /** Seconds that were left when the point answered; rust-libp2p tells those that were asked for. */
  ttl: number
}

/** What a point knows of a namespace. */
export interface Discovered {
  peers: DiscoveredPeer[]
  /** For the next query of this namespace. */
  cookie?: Uint8Array
}

/** What of libp2p a point needs. */
export interface RendezvousServerComponents {
  connectionManager: ConnectionManager
  datastore: Datastore
  registrar: Registrar
  logger: ComponentLogger
}

/** What a point takes, and for how long. */
export interface RendezvousServerInit {
  /** Registrations in all: for more, who has most gives one up, an absent peer's first. @default 10_000 */
  maxRegistrations?: number
  /** Registrations of one peer. @default 1_000 */
  maxRegistrationsPerPeer?: number
  /** Seconds. @default 7_200 */
  minTtl?: number
  /** Seconds. @default 259_200 */
  maxTtl?: number
  /** Who may ask for the peers of all namespaces. @default nobody: E_NOT_AUTHORIZED */
  mayListAll?: (peer: PeerId) => boolean
  clock?: Clock
}

/** How full a rendezvous point is. */
export interface RendezvousServer {
  /** Registrations now. */
  readonly size: number
}
