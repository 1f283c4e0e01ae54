import type { PinShape } from '../codec/index.js'
import type { OpKind, PartyKind, Profile, Role, VoidReason } from '../log/index.js'
import type { Rendezvous } from '../rendezvous/interface.js'
import type { PartiesComponents } from './parties.js'
import type { AbortOptions, PeerId, TypedEventTarget } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export type { Publication, PublishOptions, Rendezvous } from '../rendezvous/interface.js'
export type { OpKind, PartyKind, PinShape, Profile, Role, VoidReason }

/** State that any UI can bind: the shape of React's `useSyncExternalStore`. */
export interface Subscribable<Snapshot> {
  /** Calls `listener` after each change; returns the function that ends it. */
  subscribe: (listener: () => void) => () => void
  /** The state now: the same object until something changes. */
  getSnapshot: () => Snapshot
}

export interface Member {
  peerId: PeerId
  role: Role
  /** What they show of themselves; empty until it is known here. */
  profile: Profile
  /** Who invited this member; undefined for those whom the party began with. */
  invitedBy?: PeerId
  /** Is this the node itself? */
  self: boolean
}

/** The life of an invitation (DESIGN section 1). */
export type InvitationStatus = 'pending' | 'used' | 'expired' | 'revoked' | 'declined' | 'locked'

/** The life of a redemption (DESIGN section 1): the last five are its ends, as is `admitted`. */
export type RedemptionState = 'connecting' | 'pin-required' | 'authenticating' | 'waiting' | 'admitted'
  | 'declined' | 'cancelled' | 'expired' | 'failed'

/** What a code leads to, told by the inviter before any PIN: costs no attempt. */
export interface InvitationPreview {
  /** `picture`: a reference, whatever the app makes of it. */
  party: { key: string, name: string, kind: PartyKind, picture?: string }
  /** How many members the inviter's log counts. */
  memberCount: number
  inviter: { peerId: PeerId, profile: Profile }
  role: Role
  /** By the inviter's clock, ms since 1970; undefined: it does not expire. */
  expiresAt?: number
  /** Wrong PINs that may still be tried. */
  attemptsLeft: number
  /** What the PIN looks like; false: none is asked for, `accept` is enough. */
  pin: PinShape | false
  /** A person at the inviter's side says yes or no after the PIN. */
  approval: boolean
}

/** What `lookup` tells. `code` is a secret: a snapshot's preview is without it. */
export interface InvitationLookup extends InvitationPreview {
  /** The full code. */
  code: string
}

/** Who has shown the PIN, and waits for a person's yes. */
export interface Candidate {
  peerId: PeerId
  /** Signed by the candidate; empty where none is shown. */
  profile: Profile
  /** As KXQ-27M: the candidate's screen shows the same, or it is another than you think. */
  comparison: string
}

export interface InvitationDeclined {
  peerId: PeerId
  /** A stranger's text, at most 256 bytes; empty where nothing was said. */
  reason: string
}

export interface AttemptFailed {
  /** Wrong PINs that may still be tried; 0: the invitation is locked. */
  attemptsLeft: number
}

export interface InvitationJoin {
  party: Party
  /** The member that this invitation brought. */
  member: Member
}

/**
 * The ends of an invitation: exactly one of `onDone`, `onError` and
 * `onExpiration` is called, once, also when it is cancelled, revoked or the node
 * stops. What a callback throws is logged and harms nothing.
 */
export interface InvitationCallbacks {
  /** Somebody joined; with `uses: 1` right before `onDone`. */
  onJoin? (join: InvitationJoin): void
  /** All uses are spent: the last member is in the log. */
  onDone? (join: InvitationJoin): void
  /** It ended otherwise; `AbortError`: the node stopped, and serves it again after a restart. */
  onError? (error: Error): void
  onExpiration? (): void
  /** A wrong PIN was tried. */
  onAttemptFailed? (event: AttemptFailed): void
  /** Somebody said no; with `uses: 1` right before `onError(InvitationDeclinedError)`. */
  onDecline? (event: InvitationDeclined): void
  /** The short code was guessed at too often, and is answered no more: this one took its place. The full code still works. */
  onShortCode? (shortCode: string): void
  /**
   * With `approval`: is this candidate to be admitted? What is not a boolean leaves
   * it to `admit` and `refuse`. An answer counts until `signal` aborts: the candidate
   * has gone, the invitation has ended, or `approvalTimeout` has passed. Who gets no
   * answer by then, or whose question throws, is not admitted and told to come
   * again; the invitation stays pending.
   */
  approve? (candidate: Candidate, options: { signal: AbortSignal }): boolean | undefined | Promise<boolean | undefined>
}

/** What an invitation offers where nothing else is said. Owners and admins invite, in every kind, to a role below their own. */
export const KIND_DEFAULTS = {
  community: { role: 'reader', uses: 25 },
  group: { role: 'writer', uses: 1 },
  /** A friend request: exactly two, both owners. */
  contact: { role: 'owner', uses: 1 }
} as const satisfies Record<PartyKind, { role: Role, uses: number }>

export interface InviteOptions extends AbortOptions, InvitationCallbacks {
  /** @default by the party's kind: see KIND_DEFAULTS */
  role?: Role
  /**
   * When it ends: a Date, or ms since 1970 as `Date.now()` gives; `'never'` only by name.
   *
   * @default one hour from now
   */
  expiration?: Date | number | 'never'
  /** How many may join by it. @default by the party's kind: see KIND_DEFAULTS; with `to` always 1 */
  uses?: number
  /** Wrong PINs until it locks. @default 3 */
  attempts?: number
  /** The PIN's length and alphabet; false: whoever holds the code may join. @default 6 digits */
  pin?: Partial<PinShape> | false
  /** A person says yes or no after the PIN: `approve`, or the invitation's `admit` and `refuse`. @default is `approve` given? */
  approval?: boolean
  /** For this peer alone; handed over, as `Parties.received`, whenever a connection to it is there. */
  to?: PeerId
}

export interface InvitationSnapshot {
  /** The id of its INVITE op, hex. */
  id: string
  status: InvitationStatus
  role: Role
  uses: number
  /** Who joined by it. */
  usedBy: readonly PeerId[]
  attemptsLeft: number
  createdAt: number
  /** ms since 1970; undefined: never. */
  expiresAt?: number
  /** Handshakes open at this moment. */
  guests: number
  /** Who waits for a yes. */
  candidates: readonly Candidate[]
  /** Whom alone it is for. */
  to?: PeerId
  /** With `to`: has it been handed over? */
  delivered: boolean
}

/** One invitation, at its inviter. `code`, `pin` and `link` are secrets: hand them to the invitee alone. */
export interface Invitation extends Subscribable<InvitationSnapshot> {
  readonly id: string
  readonly party: Party
  /** Hand this over … */
  readonly code: string
  /** … and say this over another channel. */
  readonly pin: string
  /** The code as a link, in its fragment. @param base - @default PartiesInit.linkBase */
  link (base?: string): string
  /** The code as a QR code's payload: in its dense alphanumeric mode. */
  readonly qr: string
  readonly status: InvitationStatus
  readonly expiresAt: number | undefined
  /** Adds callbacks later, as after a restart; an end that has been is told at once. Returns the function that removes them. */
  on (callbacks: InvitationCallbacks): () => void
  /** Once published, and until its end: four words to be said aloud, as maple-orbit-ostrich-violin. A secret, as `code` is. */
  readonly shortCode: string | undefined
  /**
   * Makes a short code for it, and publishes it until its end, also after a restart.
   * Asking again gives the same.
   *
   * @throws {RendezvousError} The node has no rendezvous (`PartiesInit.rendezvous`), or none took it.
   */
  publish (options?: AbortOptions): Promise<string>
  /** Takes it back: guests are told, the log remembers (REVOKE). A second call does nothing. */
  cancel (options?: AbortOptions): Promise<void>
  /** Says yes to a candidate. @returns Does it still wait? */
  admit (candidate: PeerId): boolean
  /** Says no to a candidate. @returns Does it still wait? */
  refuse (candidate: PeerId): boolean
  /**
   * A fresh code and PIN for the same terms, as after a lock: as many uses as are
   * left (all of them once used up), as long as the first was to live. This one is
   * taken back if it is pending.
   */
  renew (options?: AbortOptions & InvitationCallbacks): Promise<Invitation>
}

export interface RedeemCallbacks {
  onDone? (result: { party: Party }): void
  onError? (error: Error): void
  onExpiration? (): void
  onAttemptFailed? (event: AttemptFailed): void
}

/** How far the way to the inviter is. */
export type ReachProgress =
  /** Where it is now is being asked for. */
  | { type: 'finding', peer?: PeerId }
  | { type: 'dialing', peer: PeerId, address: Multiaddr }
  | { type: 'connected', peer: PeerId, address: Multiaddr }
  /** More than one peer claims a short code: whoever knows its words gives the code. */
  | { type: 'contested' }

export interface ReachOptions {
  onProgress?: (event: ReachProgress) => void
}

/** `signal` cancels the redemption. */
export interface RedeemOptions extends AbortOptions, ReachOptions, RedeemCallbacks {}

export interface RedemptionSnapshot {
  state: RedemptionState
  preview?: InvitationPreview
  attemptsLeft?: number
  /** While waiting for approval, as KXQ-27M: the inviter's screen shows the same. */
  comparison?: string
  /** The last wrong PIN, or what ended it. */
  error?: Error
  /** Once admitted. */
  party?: Party
}

/** One redemption, at the invitee. */
export interface Redemption extends Subscribable<RedemptionSnapshot> {
  readonly state: RedemptionState
  /**
   * Resolves with the preview when a PIN can be given; with undefined where none
   * is needed, since this node was admitted before and the reply was lost.
   */
  ready (options?: AbortOptions): Promise<InvitationPreview | undefined>
  /**
   * Tries a PIN. Resolves when admitted.
   *
   * @throws {WrongPinError} Try again; `attemptsLeft`.
   * @throws What ended the redemption, else.
   */
  setPin (pin: string, options?: AbortOptions): Promise<Party>
  /** Says yes where no PIN is asked for (`preview.pin` is false). Resolves when admitted. @throws {TypeError} A PIN is asked for. */
  accept (options?: AbortOptions): Promise<Party>
  /** Says no, to the inviter too. @param reason - At most 256 bytes of UTF-8, for the inviter to read @throws {RangeError} */
  decline (reason?: string, options?: AbortOptions): Promise<void>
  /** Ends it here. A second call does nothing. */
  cancel (): Promise<void>
}

/** How much of a log is here. */
export interface SyncProgress {
  /** Ops here. */
  done: number
  /** Ops that the member has who sends them. */
  all: number
}

export interface PartySnapshot {
  key: string
  name: string
  kind: PartyKind
  members: readonly Member[]
  /** This node's role; undefined: not, or no longer, a member. */
  role: Role | undefined
  /** Is the log complete, as far as is known? Right after joining it still comes in. */
  synced: boolean
  /** While many ops come in. */
  progress?: SyncProgress
}

/** One invitation of a party, whoever made it. */
export interface InvitationItem {
  /** The id of its INVITE op, hex. */
  readonly id: string
  readonly partyKey: string
  readonly kind: PartyKind
  readonly status: InvitationStatus
  readonly role: Role
  /** A secret: only where this node holds it, while the invitation is pending. */
  readonly code?: string
  /** Whom alone it is for. */
  readonly target?: PeerId
  readonly createdBy: PeerId
  /** ms since 1970, as all times here by the inviter's clock. */
  readonly createdAt: number
  /** undefined: never */
  readonly expiresAt?: number
  /** How many may join by it. */
  readonly uses: number
  /** Who joined by it and when, first ones first. */
  readonly usedBy: ReadonlyArray<{ readonly peerId: PeerId, readonly at: number }>
  /** When the last of them did. */
  readonly usedAt?: number
  /** Wrong PINs that may still be tried: told of this node's own alone. */
  readonly attemptsLeft?: number
  /** Who revoked it; undefined where its inviter lost the right to it. */
  readonly revokedBy?: PeerId
  /** What they said; empty where nothing was said. */
  readonly reason?: string
}

export interface ListOptions {
  /** @default 'all' */
  status?: InvitationStatus | 'all'
  /** Items of a page, 1 to 1000. @default 50 */
  limit?: number
  /** `nextCursor` of the page before. It holds whatever comes or changes meanwhile: nothing is shown twice, nothing left out. */
  cursor?: string
  /** Stops there: to read pages again that are shown, the `nextCursor` of the last of them. */
  until?: string
}

export interface InvitationPage {
  items: InvitationItem[]
  /** undefined: this is the last page. */
  nextCursor?: string
}

/**
 * The invitations of a party. `list` shows those of all its inviters, as its log
 * tells of them: `used`, `revoked` (also where the inviter lost the right to it),
 * `declined`, `locked`, and `expired` by this node's clock. `getSnapshot` gives
 * this node's own, oldest first; `subscribe` tells of any change of any of them, once a turn.
 */
export interface InvitationList extends Subscribable<readonly Invitation[]> {
  /** Newest first, then by id: the same order on every replica. @throws {RangeError} A limit or cursor that is none. */
  list (options?: ListOptions): InvitationPage
  /** One that this node made. */
  get (id: string): Invitation | undefined
}

export interface Party extends Subscribable<PartySnapshot> {
  /** The id of the GENESIS op, hex. */
  readonly key: string
  readonly name: string
  readonly kind: PartyKind
  /** A reference, whatever the app makes of it. */
  readonly picture: string | undefined
  /** A snapshot, owners first. */
  readonly members: readonly Member[]
  readonly role: Role | undefined
  readonly invitations: InvitationList
  /**
   * Makes an invitation and serves it until its end.
   *
   * @throws {NotPermittedError} This node may not invite, or not to that role.
   * @throws {RangeError} A past or nonsensical date, uses or attempts.
   * @throws {StorageError}
   */
  invite (options?: InviteOptions): Promise<Invitation>
  /**
   * Takes a member out. Syncs first where it can, so that it sees what it ends.
   *
   * @throws {NotPermittedError} Not a member, or not of a rank below this node's.
   */
  remove (member: PeerId, options?: AbortOptions): Promise<ChangeResult>
  /**
   * Gives a member another role. Syncs first where it can.
   *
   * @throws {NotPermittedError} The old or the new role is not below this node's.
   */
  setRole (member: PeerId, role: Role, options?: AbortOptions): Promise<ChangeResult>
  /** Leaves the party; its log stays to be read. @throws {NotPermittedError} An owner cannot, but of a contact. */
  leave (options?: AbortOptions): Promise<void>
  /** Ends an invitation of any inviter whom this node may overrule. @throws {NotPermittedError} */
  revoke (invitation: string, options?: AbortOptions & { reason?: string }): Promise<void>
  /** Admits anew the member of an ADMIT that has no effect: see the event `void`. @throws {NotPermittedError} */
  readopt (admit: string, options?: AbortOptions): Promise<void>
  /**
   * Guards an app's own protocol: from now on only members may open streams of
   * it to this node; whoever ceases to be one has theirs closed. Call it after
   * `node.handle(protocol, …)`, and give each party a protocol of its own.
   *
   * @returns What takes the guard away again
   * @throws {TypeError} The protocol has no handler yet.
   */
  protect (protocol: string, options?: ProtectOptions): Promise<() => Promise<void>>
}

/** An op that has no effect: its author had lost the right, or another was first. */
export interface VoidedOp {
  /** Its id, hex: `readopt` takes an ADMIT's. */
  id: string
  kind: OpKind
  author: PeerId
  /** Whom it is about. */
  member?: PeerId
  reason: VoidReason
}

/** What a change of membership brought with it. */
export interface ChangeResult {
  /** Ops of others that this change left without effect. */
  voided: VoidedOp[]
}

export interface ProtectOptions {
  /** The least rank that may open streams. @default 'reader' */
  role?: Role
}

export interface CreatePartyInit {
  /** 1 to 256 bytes of UTF-8. */
  name: string
  /** @default 'group' */
  kind?: PartyKind
  /** A reference to a picture (a URL or CID), for good; 1 to 512 bytes of UTF-8. */
  picture?: string
}

/** An invitation for this node alone, handed over by its inviter on a connection. */
export interface ReceivedInvitation {
  /** The inviter: the key that the connection proved. */
  readonly from: PeerId
  /** As `Parties.lookup`. */
  preview (options?: AbortOptions): Promise<InvitationPreview>
  /** Yes; where a PIN is asked for, `setPin` follows. */
  accept (options?: RedeemOptions): Redemption
  /** No, to the inviter too. */
  decline (reason?: string, options?: AbortOptions): Promise<void>
}

export interface PartiesEvents {
  /** A party was created, joined or loaded. */
  'party': CustomEvent<Party>
  /** An op of a party has no effect: any more, or from the start. An app can say why, and offer `readopt` for an ADMIT. */
  'void': CustomEvent<{ party: Party } & VoidedOp>
  /** An op that was void has effect again. */
  'unvoid': CustomEvent<{ party: Party, id: string }>
  /** A member signed two ops beside each other: a restored backup, or a cheat. */
  'fork': CustomEvent<{ party: Party, member: PeerId, ops: [string, string] }>
  /** This node is not a member any more. */
  'removed': CustomEvent<Party>
  /** An invitation of this node changed. */
  'invitation': CustomEvent<Invitation>
  /**
   * An invitation of a party, this node's or another's, is not pending any more: once
   * for each, as soon as this node can know. Those that ended before it started, or
   * joined, are not told.
   */
  'invitation:end': CustomEvent<{ party: Party, item: InvitationItem }>
  /** Somebody invites this node: see `Parties.received`. */
  'received': CustomEvent<ReceivedInvitation>
}

/** The service: `parties()` in `createLibp2p({ services })`. */
export interface Parties extends TypedEventTarget<PartiesEvents> {
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
  lookup (code: string, options?: AbortOptions & ReachOptions): Promise<InvitationLookup>
  /** Begins to redeem. @throws {InvalidCodeError} At once, before any dial. */
  redeem (code: string, options?: RedeemOptions): Redemption
  /** Says no to an invitation, to its inviter too. @throws as `lookup`. */
  decline (code: string, reason?: string, options?: AbortOptions): Promise<void>
  /** Direct invitations (`to`) that await a yes or no here, oldest first; after a restart they come again. */
  readonly received: Subscribable<readonly ReceivedInvitation[]>
  /** What this node shows of its person in previews and admissions. */
  setProfile (profile: Profile, options?: AbortOptions): Promise<void>
}

/** Time, so that tests can fake it. */
export interface Clock {
  /** ms since 1970 */
  now (): number
  /** Like the global one; must not keep a Node process alive. */
  setTimeout (callback: () => void, ms: number): unknown
  clearTimeout (timer: unknown): void
}

export interface PartiesInit {
  /** Shown in previews until `setProfile` says otherwise. */
  profile?: Profile
  /** How long one step of a handshake may take, ms. @default 10_000 */
  stepTimeout?: number
  /** How long a guest may think about the PIN before its place is given away, ms. @default 300_000 */
  pinTimeout?: number
  /** How long a candidate waits for a yes or no, ms. @default 600_000 */
  approvalTimeout?: number
  /** Where short codes are published and found: see plus-one/rendezvous. @default none: full codes alone */
  rendezvous?: Array<(components: PartiesComponents) => Rendezvous>
  /** Where links lead: an app's page (https://app.example/join) or scheme. @default 'plus-one://join' */
  linkBase?: string
  /** How long `redeem` tries to reach the inviter, ms. @default 30_000 */
  connectTimeout?: number
  clock?: Clock
}
