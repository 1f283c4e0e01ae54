/** What meeting needs of a party and of a node, and what it tells. */
import type { Clock } from '../../async/clock.js'
import type { Protocol } from '../../network/protocols.js'
import type { Key, OpId } from '../../log/index.js'
import type { Rendezvous } from '../../rendezvous/interface.js'
import type { Scope } from './addresses.js'
import type { Kin } from './party-links.js'
import type { AddressManager, ConnectionManager, Registrar } from '@libp2p/interface-internal'
import type { ComponentLogger, Libp2pEvents, PeerId, PeerStore, PrivateKey, TypedEventTarget } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

/** A party's members, by their keys, as the log has them at each moment. */
export interface Meetable {
  readonly key: OpId
  /** This node's key. */
  readonly self: Key
  /** Which addresses its members are told. */
  readonly scope: Scope
  /** Members, this node's among them. */
  readonly size: number
  /** Owners and admins. */
  readonly hosts: number
  /** Under which its members are found at a rendezvous, newest first; none while that is not known. */
  readonly names: readonly string[]
  /** What a key is to this node; undefined: it stands for no member, or is one too many of its person. */
  kinOf (key: Key): Kin | undefined
  /** All keys of the persons for whom a key stands, itself among them. */
  siblingsOf (key: Key): Key[]
}

export interface MeetingComponents {
  peerId: PeerId
  privateKey: PrivateKey
  datastore: Datastore
  registrar: Registrar
  connectionManager: ConnectionManager
  addressManager: AddressManager
  peerStore: PeerStore
  events: TypedEventTarget<Libp2pEvents>
  logger: ComponentLogger
}

export interface MeetingInit {
  clock: Clock
  /** Whom to dial is asked by this one. */
  protocol: Protocol
  /** Where members find each other who know no address. @default none */
  rendezvous?: readonly Rendezvous[]
  /** Protocols that do not need a connection kept open by themselves. */
  background: string[]
  /** 0 ≤ x < 1. @default Math.random */
  random?: () => number
}

export interface MeetingEvents {
  /** This party's links are others. */
  'links': CustomEvent<OpId>
}
