/** A party: what it is now, and what an app calls. */
import type { Invitation, InviteOptions } from './invitation.js'
import type { InvitationList } from './list.js'
import type { ChangeResult, LeaveOptions, Member } from './member.js'
import type { Subscribable } from './observable.js'
import type { Opened, PartyEpoch, SealOptions } from './sealing.js'
import type { HandleOptions, OpenStreamOptions, PartyTopology, ProtectOptions } from './streams.js'
import type { Role } from '../log/index.js'
import type { CreatedKind, PartyKind } from './kinds.js'
import type { AbortOptions, PeerId, Stream, StreamHandler } from '@libp2p/interface'

/** How much of a log is here. */
export interface SyncProgress {
  /** Ops here. */
  done: number
  /** Ops that the member has who sends them. */
  all: number
}

/** When this node last had all that another member had, as far as that one told. */
export interface Agreement {
  /** ms since 1970, by this node's clock. */
  at: number
  /** Whom it compared logs with. */
  peer: PeerId
}

/** What a party is now: the same object until something changes. */
export interface PartySnapshot {
  key: string
  name: string
  kind: PartyKind
  picture?: string
  members: readonly Member[]
  /** Those, but this node's own, with whom it is connected. */
  online: readonly Member[]
  /** See `Party.peers`. */
  peers: readonly PeerId[]
  /** This node's role; undefined: not, or no longer, a member. */
  role: Role | undefined
  epoch: PartyEpoch
  /** See `Party.synced`. */
  synced?: Agreement
  /** While many ops come in. */
  progress?: SyncProgress
}

/**
 * A party as this node has it. The object lives through `node.stop()` and `node.start()`: while the
 * node is stopped it shows what it last knew, and its calls reject with `NotStartedError`.
 */
export interface Party extends Subscribable<PartySnapshot> {
  /** The id of the GENESIS op, hex. */
  readonly key: string
  /** This device. */
  readonly self: PeerId
  readonly name: string
  readonly kind: PartyKind
  /** A reference, whatever the app makes of it. */
  readonly picture: string | undefined
  /** What the app gave `create`, for good: the same for all members; a copy. */
  readonly app: Uint8Array | undefined
  /** A snapshot, owners first. */
  readonly members: readonly Member[]
  /**
   * Members with whom this node is connected now, its own left out. The node keeps connections with some of them by
   * itself (see `PartiesInit.meet`): others may be online, too, and hear of changes from those.
   */
  readonly online: readonly Member[]
  /** Devices with which this node is connected now and that stand for a member, its own member's others among them: whom `newStream` reaches at once. */
  readonly peers: readonly PeerId[]
  readonly role: Role | undefined
  /**
   * When, and with whom, this node last compared its log and came to have all that the other had; news of that member's
   * move it on. undefined: with nobody since the node started, as where it is the only member or reaches no other; or it
   * has just joined, and its own admission's past still comes in. What members hold whom it did not meet, it cannot know.
   */
  readonly synced: Agreement | undefined
  /** The party's key: the same object until something of it changes. */
  readonly epoch: PartyEpoch
  /**
   * Encrypts bytes to the members, under the party's key of now: they are 57 bytes longer, and say nothing of who sealed them,
   * which any holder of the key can. Waits a little where the key is still to come.
   *
   * @throws {NotMemberError}
   * @throws {KeyMissingError} The key is not here, and no member who is connected gave it in time.
   */
  seal (bytes: Uint8Array, options?: SealOptions): Promise<Uint8Array>
  /**
   * Decrypts what a member sealed. Where its key is not here yet, members are asked for it, and this waits a little. Also
   * who is no member any more reads what it could read.
   *
   * @throws {SealError} They were changed, are another party's, or the associated data is another.
   * @throws {KeyMissingError} The key is not here, and no member who is connected gave it in time.
   * @throws {ProtocolError} These are no sealed bytes.
   */
  open (sealed: Uint8Array, options?: SealOptions): Promise<Opened>
  /** The role of a peer, by any of its person's keys; undefined: it stands for no member. `isAtLeast` compares roles. */
  roleOf (peer: PeerId): Role | undefined
  /** The member for which a device stands: of two, the one with the higher role. undefined: it stands for none, or was unlinked. */
  memberOf (peer: PeerId): Member | undefined
  readonly invitations: InvitationList
  /**
   * Makes an invitation and serves it until its end.
   *
   * @throws {NotPermittedError} This node may not invite, or not to that role.
   * @throws {RangeError} A past or nonsensical date, uses or attempts; more than 512 bytes of data.
   * @throws {StorageError}
   */
  invite (options?: InviteOptions): Promise<Invitation>
  /**
   * Takes a member out, with all its devices. Syncs first where it can, so that it sees what it ends.
   *
   * @param member - Or a device of it
   * @throws {NotPermittedError} Not a member, or this node's member is not above it (docs/membership-log.md, "Levels").
   * @throws {AmbiguousMemberError} The PeerId names two members: give the Member.
   */
  remove (member: PeerId | Member, options?: AbortOptions): Promise<ChangeResult>
  /**
   * Gives a member another role: `owner` makes a co-owner, below this node's own member. Syncs first where it can.
   *
   * @param member - Or a device of it
   * @throws {NotPermittedError} This node's member is not above it, or may not give that role.
   * @throws {AmbiguousMemberError} The PeerId names two members: give the Member.
   */
  setRole (member: PeerId | Member, role: Role, options?: AbortOptions): Promise<ChangeResult>
  /**
   * Roles that this node may give a member, most first; with none it may not remove it either. Without a member: roles to
   * which it may invite.
   *
   * @throws {NotPermittedError} Not a member.
   * @throws {AmbiguousMemberError}
   */
  rolesFor (member?: PeerId | Member): readonly Role[]
  /**
   * Leaves the party, with all devices of this node's member; its log stays to be read.
   *
   * @throws {LastOwnerError} This node's is the only owner, and others stay: `insist` leaves all the same.
   * @throws {AmbiguousMemberError} This device stands for two members: say which one leaves.
   */
  leave (options?: LeaveOptions): Promise<void>
  /**
   * Gives the party another name, or picture, for all: what is left out stays. Of what two owners say apart the word of who
   * is above is shown. Syncs first where it can.
   *
   * @throws {NotPermittedError} This node's member is no owner.
   * @throws {RangeError} A name or picture of another length.
   */
  setInfo (info: PartyInfo, options?: AbortOptions): Promise<void>
  /**
   * Takes the party out of this node, and its store: log, invitations and what was counted of them, members' profiles and
   * addresses that no other party needs, what waits in `received`. No other device hears of it: who has left is gone for the others
   * by that, and waits here until those who are connected know; who forgets with `insist` stays a member in their eyes, other
   * devices of the same person keep the party, and any code of it brings it back here. The object is done for: its calls reject with `PartyForgottenError`, and who is invited
   * again gets another one.
   *
   * @throws {StillMemberError} This node is a member: `leave` first, or `insist`.
   * @throws {StorageError} Either nothing was changed; or the party is forgotten, and what is still in the store goes by the next call of this, or the next start.
   */
  forget (options?: ForgetOptions): Promise<void>
  /** Ends an invitation of any inviter whom this node may overrule. @throws {NotPermittedError} */
  revoke (invitation: string, options?: AbortOptions & { reason?: string }): Promise<void>
  /**
   * What this node's person is called in this party alone, in place of the profile's `displayName`: shown in `members`
   * everywhere, also to who reads the party later.
   *
   * @param name - At most 256 bytes of UTF-8; empty: as the profile says, from now on
   * @throws {NotMemberError}
   * @throws {NotPermittedError} The person has no recovery key there, and this is not the device that joined.
   * @throws {RangeError}
   * @throws {StorageError}
   */
  setDisplayName (name: string, options?: AbortOptions): Promise<void>
  /**
   * Waits until the members that are connected have acknowledged all that is here: after a change, before this node goes.
   *
   * @returns Who has, by then; at the latest after `timeout`
   */
  delivered (options?: DeliveryOptions): Promise<PeerId[]>
  /** Admits anew the member of an ADMIT that has no effect: see the event `void`. @throws {NotPermittedError} */
  readopt (admit: string, options?: AbortOptions): Promise<void>
  /**
   * Resolves when this node is connected with a member, by this PeerId; until then it is dialled again and again. With
   * `meet: false` it is only waited for.
   *
   * @throws {NotMemberError}
   * @throws the signal's reason
   */
  connected (peer: PeerId, options?: AbortOptions): Promise<void>
  /**
   * Serves an app's own protocol to members of this party alone, as `node.handle` does to everybody: the handler gets
   * streams that a member opened by `newStream`, and never another one; whoever ceases to be a member, or of that role,
   * has theirs aborted. Any number of parties may handle the same protocol id. It lasts through a stop and the next start.
   *
   * @throws {TypeError} This party handles it already, and `force` is not set.
   * @throws `DuplicateProtocolHandlerError` of libp2p: the node handles it by itself.
   */
  handle (protocol: string | string[], handler: StreamHandler, options?: HandleOptions): Promise<void>
  /** Takes that away: streams that are open go on, guarded as they were. */
  unhandle (protocol: string | string[], options?: AbortOptions): Promise<void>
  /**
   * Opens a stream of an app's own protocol to another member, who handles it by `handle`. It is an outbound stream as
   * any other: what this node opened is not ended by changes of membership.
   *
   * @throws {NotMemberError} One of the two is no member, as far as the other knows.
   * @throws {RoleTooLowError} The other side wants another role for it: `needed`.
   * @throws {ProtocolError} The other side did not answer as it should.
   * @throws `UnsupportedProtocolError` of libp2p: the other side does not handle it, or not for this party.
   */
  newStream (peer: PeerId, protocol: string | string[], options?: OpenStreamOptions): Promise<Stream>
  /**
   * Tells of each device of the members, this node's own one left out, that serves an app's own protocol to this node by
   * `handle`, for this party and this node's role: once when it begins, or can be reached, those of now among them; and when that
   * ends, as it stops, goes, or is no member any more. Whoever knows the protocol is asked, and tells at once what changes: a
   * provider opens its streams then, and need not try. It lasts through a stop and the next start.
   *
   * @returns What ends it
   */
  topology (protocol: string, topology: PartyTopology, options?: AbortOptions): Promise<() => Promise<void>>
  /**
   * Guards a plain protocol, which others handle, and for one party alone: from now on only its members may open
   * streams of it to this node; whoever does not qualify, or not any more, has theirs aborted. It guards whatever
   * handler is there, now or later, and lasts through a stop and the next start. A refused peer sees its stream
   * reset: `handle` and `newStream` tell it why.
   *
   * @returns What takes the guard away again
   */
  protect (protocol: string, options?: ProtectOptions): Promise<() => Promise<void>>
}

/** What a party is called, and looks like: what is left out stays. */
export interface PartyInfo {
  /** 1 to 256 bytes of UTF-8. */
  name?: string
  /** A reference to a picture, 1 to 512 bytes of UTF-8; null: none. */
  picture?: string | null
}

/** Whether a member forgets. */
export interface ForgetOptions extends AbortOptions {
  /** Also as a member, whom the others then still have in their lists. @default false */
  insist?: boolean
}

/** How long to wait for who is connected. */
export interface DeliveryOptions extends AbortOptions {
  /** ms @default 10_000 */
  timeout?: number
}

/** What a party begins with. */
export interface CreatePartyInit {
  /** 1 to 256 bytes of UTF-8. */
  name: string
  /** @default 'group' */
  kind?: CreatedKind
  /** A reference to a picture (a URL or CID), for good; 1 to 512 bytes of UTF-8. */
  picture?: string
  /** The app's, for good, and shown to who is invited: a document's id, a URL; at most 512 bytes. */
  app?: Uint8Array
  /** Can who joins open what was sealed before? For good. @default true */
  history?: boolean
}
