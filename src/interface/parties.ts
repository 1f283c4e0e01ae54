/** The service. */
import type { Invitation, InvitationLookup } from './invitation.js'
import type { InvitationItem } from './list.js'
import type { Member, Refused, VoidedOp } from './member.js'
import type { CreatePartyInit, Party } from './party.js'
import type { PartyEpoch } from './sealing.js'
import type { DialOptions, ReceivedInvitation, RedeemOptions, Redemption } from './redemption.js'
import type { DamagedRecordError, KeyInUseError } from '../errors.js'
import type { Person, Recovered, RecoverOptions } from './person.js'
import type { Subscribable } from './observable.js'
import type { Clock } from '../async/clock.js'
import type { StreamLimits } from '../network/protocols.js'
import type { Profile, Role } from '../log/index.js'
import type { Rendezvous } from '../rendezvous/interface.js'
import type { PartiesComponents } from './components.js'
import type { AbortOptions, PeerId, TypedEventTarget } from '@libp2p/interface'

/** What the service tells, each with `detail`. */
export interface PartiesEvents {
  /** A party was created, joined or loaded: once for each, as it lives through a stop and the next start. */
  'party': CustomEvent<Party>
  /** This node has forgotten a party: see `Party.forget` and `Parties.reset`. */
  'forgotten': CustomEvent<Party>
  /** An op of a party has no effect: any more, or from the start. An app can say why, and offer `readopt` for an ADMIT. */
  'void': CustomEvent<{ party: Party } & VoidedOp>
  /** An op that was void has effect again. */
  'unvoid': CustomEvent<{ party: Party, id: string }>
  /** A member signed two concurrent ops: a restored backup, or a cheat. */
  'fork': CustomEvent<{ party: Party, member: PeerId, ops: [string, string] }>
  /** A stored record is not what was written: it was set aside, and comes again from other members where they have it. See `Parties.damaged`. */
  'damaged': CustomEvent<DamagedRecordError>
  /**
   * Another device, or a copy of this store, uses this node's key: a member has a stream with it in this node's place, or an op came
   * that this key signed and this node did not. Once for each party, and each start.
   */
  'key-in-use': CustomEvent<{ party: Party, error: KeyInUseError }>
  /** This node is not a member any more. */
  'removed': CustomEvent<Party>
  /**
   * Another member says that this node is none: see `Refused`. Each member is told of once for each reason; `party.role`
   * says whether this node's own log shows it too, as it does as soon as what ended the membership has come.
   */
  'refused': CustomEvent<{ party: Party } & Refused>
  /**
   * Somebody is a member now, this node too; as with the four that follow, who came, went or changed before the node
   * started or joined is not told of.
   */
  'member:join': CustomEvent<{ party: Party, member: Member }>
  /** Somebody is none any more: by a REMOVE or LEAVE, or as the admission has no effect. `member` is as it was. */
  'member:leave': CustomEvent<{ party: Party, member: Member }>
  /** A member has another role. */
  'member:role': CustomEvent<{ party: Party, member: Member, before: Role, after: Role }>
  /** A member has one more device, or one less: it stays the member that it was. */
  'device:link': CustomEvent<{ party: Party, member: Member, device: PeerId }>
  'device:unlink': CustomEvent<{ party: Party, member: Member, device: PeerId }>
  /** This node is connected with a member now, or not any more: see `Party.online`. */
  'member:online': CustomEvent<{ party: Party, member: Member }>
  'member:offline': CustomEvent<{ party: Party, member: Member }>
  /** The party's key is another, has come here or is missing, or a rotation is owed now, or not any more. */
  'epoch': CustomEvent<{ party: Party, epoch: PartyEpoch }>
  /** An invitation of this node changed. */
  'invitation': CustomEvent<Invitation>
  /**
   * An invitation of a party, this node's or another's, is not pending any more: once
   * for each, as soon as this node can know. Those that ended before it started, or
   * joined, are not told.
   */
  'invitation:end': CustomEvent<{ party: Party, item: InvitationItem }>
  /** Somebody invites this node: see `Parties.received`. Once for each: not again after a restart. */
  'received': CustomEvent<ReceivedInvitation>
}

/** The service: `parties()` in `createLibp2p({ services })`. */
export interface Parties extends TypedEventTarget<PartiesEvents> {
  /** This node's person: its devices, and its recovery words. */
  readonly person: Person
  /**
   * Makes a party, of which this node's person is the owner.
   *
   * @throws {RangeError} A name, picture or app data of another length.
   * @throws {StorageError}
   * @throws {NotStartedError}
   */
  create (init: CreatePartyInit, options?: AbortOptions): Promise<Party>
  /** A party that this node has, by its key. @throws {StorageError} It is not there, or damaged. */
  open (key: string, options?: AbortOptions): Promise<Party>
  /** All that this node has. */
  list (options?: AbortOptions): Promise<Party[]>
  /**
   * Who invites me, into what, until when: costs no attempt and consumes nothing.
   *
   * @throws {InvalidCodeError} Before any dial.
   * @throws {InviterUnreachableError}
   * @throws {InvitationNotFoundError} Or -Expired, -Revoked, -Used, -Locked, -DeclinedError.
   */
  lookup (code: string, options?: AbortOptions & DialOptions): Promise<InvitationLookup>
  /** Begins to redeem. @throws {InvalidCodeError} At once, before any dial. */
  redeem (code: string, options?: RedeemOptions): Redemption
  /** Says no to an invitation, to its inviter too. @throws {AlreadyMemberError} This node has joined by it: nothing changes. @throws as `lookup`. */
  decline (code: string, reason?: string, options?: AbortOptions): Promise<void>
  /** Direct invitations (`to`) that await a yes or no here, oldest first, until they expire or their places are needed; a restart keeps them. */
  readonly received: Subscribable<readonly ReceivedInvitation[]>
  /** Stored records that could not be read since the node started; a party without its GENESIS is not listed. */
  readonly damaged: readonly DamagedRecordError[]
  /**
   * Wants nothing more of a peer, until `unblock`: its direct invitations are gone and refused, its streams to this
   * node's invitations are closed without a word, its codes are not redeemed. It stays a member where it is one.
   *
   * @throws {UnsupportedKeyError}
   * @throws {StorageError}
   */
  block (peer: PeerId, options?: AbortOptions): Promise<void>
  /** @throws as `block` */
  unblock (peer: PeerId, options?: AbortOptions): Promise<void>
  /** Who is blocked; a restart keeps it. */
  readonly blocked: Subscribable<readonly PeerId[]>
  /**
   * Forgets all that plus-one has on this node: all parties as `Party.forget` with `insist`, invitations, profile, who is blocked, and
   * the person with its recovery words: for a device that is given away, and which was unlinked or has left. The service goes on as a fresh one, with
   * new words. The node's own key is libp2p's, and stays: delete that too, or the next owner has this node's PeerId.
   *
   * @throws {StorageError} Either nothing was changed; or the reset goes on with the next call, or the next start.
   */
  reset (options?: AbortOptions): Promise<void>
  /**
   * Brings a person back to a device that has nothing yet: it is linked in every party that a member shares with them.
   * Give a code, a backup or both. Unlinking the old devices is a second step: `person.unlink`. What came is kept where
   * it breaks off; the same call goes on.
   *
   * @param words - The 12 recovery words
   * @throws {TypeError} Neither a code nor a backup is given.
   * @throws {InvalidWordsError} Its reason tells a word that is none from words that do not fit together. Nothing is asked.
   * @throws {InvalidCodeError} Or {InvalidBackupError}: nothing is asked.
   * @throws {OtherPersonError} This device has a person of its own: words that were confirmed, or a party.
   * @throws {MemberUnreachableError} Nobody who was asked answered, or not long enough.
   * @throws {NoSeatError} Nobody who answered knows the words. Nothing is changed.
   * @throws {AlreadyLinkedError} This device is linked in all of these parties.
   * @throws {DeviceUnlinkedError} This device's key was unlinked there.
   * @throws {StorageError}
   */
  recover (words: string, options: RecoverOptions): Promise<Recovered>
  /** What this node shows of its person; empty before it is loaded, or set. */
  readonly profile: Profile
  /**
   * What this node shows of its person in previews, in admissions and to members: the whole of it. `{ ...parties.profile, displayName }`
   * changes one field. What a newer plus-one put there besides stays. Each of the person's devices may set it; what was
   * set last counts, and the others show it as soon as they hear of it.
   *
   * @throws {RangeError} A field is too long, or `extra` holds what it cannot.
   * @throws {StorageError}
   */
  setProfile (profile: Profile, options?: AbortOptions): Promise<void>
}

/** How the service is made. */
export interface PartiesInit {
  /**
   * Shown in previews until `setProfile` says otherwise, and again from the next start; an `extra` that is stored stays where none is named
   * here. Where the person has other devices a start takes nothing back that was set since.
   */
  profile?: Profile
  /** How long one step of a handshake may take, ms. @default 10_000 */
  stepTimeout?: number
  /** How long a guest may think about the PIN before its place is given away, ms. @default 300_000 */
  pinTimeout?: number
  /** How long a candidate waits for a yes or no, ms. @default 600_000 */
  approvalTimeout?: number
  /** Where short codes are published and found: see plus-one/rendezvous. @default none: full codes alone */
  rendezvous?: Array<(components: PartiesComponents) => Rendezvous>
  /**
   * Does this node connect with members by itself, and again after a restart or when the network changes? Up to 6 of a
   * party, and 32 in all (docs/meeting.md). With `false` an app dials them. @default true
   */
  meet?: boolean
  /** Where links lead: an app's page (https://app.example/join) or scheme. @default 'plus-one://join' */
  linkBase?: string
  /** How long `redeem` tries to reach the inviter, ms. @default 30_000 */
  connectTimeout?: number
  /**
   * What attempts, admissions and this node's own ops outlive: `process`, a killed process; `disk`, a power loss too, where the
   * datastore can write through (docs/storage.md, "Power loss").
   *
   * @default 'disk'
   */
  durability?: 'process' | 'disk'
  /**
   * What all protocol ids of this service begin with, as libp2p's own services have it: `/plus-one/invite/1.0.0`. Nodes of
   * another prefix are in another network.
   *
   * @default 'plus-one'
   */
  protocolPrefix?: string
  /** Streams of a protocol that one connection may have open to this node: of each, or by protocol. @default docs/architecture.md, "Protocols" */
  maxInboundStreams?: StreamLimits
  /** The same of streams that this node opens, where libp2p counts them. */
  maxOutboundStreams?: StreamLimits
  clock?: Clock
}
