/** What admission needs of its node, and of the parties. */
import type { Join } from './joining.js'
import type { ProfileBook } from './profile-book.js'
import type { RedemptionComponents } from './redemption.js'
import type { Clock } from '../async/clock.js'
import type { Invitation, Party, ReceivedInvitation, Rendezvous } from '../interface/index.js'
import type { Key } from '../log/index.js'
import type { Protocol } from '../network/protocols.js'
import type { AbortOptions, ComponentLogger, Metrics } from '@libp2p/interface'
import type { AddressManager, Registrar } from '@libp2p/interface-internal'

export interface AdmissionComponents extends RedemptionComponents {
  registrar: Registrar
  addressManager: AddressManager
  logger: ComponentLogger
  metrics?: Metrics
}

export interface AdmissionInit {
  clock: Clock
  /** ms, as the other times here: see PartiesInit. */
  stepTimeout: number
  pinTimeout: number
  approvalTimeout: number
  connectTimeout: number
  linkBase?: string
  protocols: Record<'invite' | 'direct' | 'code', Protocol>
  rendezvous: Rendezvous[]
  profiles: ProfileBook
  /** The recovery key that seats of this node's person carry; undefined: none. */
  recovery: () => Key | undefined
  /** Is this key in a party of this node? */
  isMember: (key: Key) => boolean
  /** Resolves when the parties are loaded. */
  ready: (options?: AbortOptions) => Promise<void>
  /** The party by the id of its GENESIS, if this node has it and thinks itself a member. */
  ownParty: (genesis: string) => Party | undefined
  /** May this node become a device of that home? @throws {OtherPersonError} */
  assertMayJoin: (home: string) => void
  join: Join
  /** An inviter says that this node is a member, by another device of its person. */
  isElsewhere: () => void
  onInvitation: (invitation: Invitation) => void
  onReceived: (invitation: ReceivedInvitation) => void
}
