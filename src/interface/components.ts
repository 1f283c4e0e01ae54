/** What the service is built from. */
import type { ComponentLogger, ConnectionGater, ContentRouting, Libp2pEvents, Metrics, PeerId, PeerRouting, PeerStore, PrivateKey, TypedEventTarget } from '@libp2p/interface'
import type { AddressManager, ConnectionManager, Registrar, TransportManager } from '@libp2p/interface-internal'
import type { Datastore } from 'interface-datastore'

/** What a libp2p node gives its services, as far as this one, or a rendezvous of it, needs it. */
export interface PartiesComponents {
  peerId: PeerId
  privateKey: PrivateKey
  peerStore: PeerStore
  contentRouting: ContentRouting
  peerRouting: PeerRouting
  events: TypedEventTarget<Libp2pEvents>
  datastore: Datastore
  registrar: Registrar
  connectionManager: ConnectionManager
  transportManager: TransportManager
  connectionGater: ConnectionGater
  addressManager: AddressManager
  logger: ComponentLogger
  /** Where the node was given one: attempts, admissions, locks, ops and who is online are counted. */
  metrics?: Metrics
}
