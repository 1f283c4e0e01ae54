/** An invitation, at its inviter; and what a code leads to. */
import type { Member } from './member.js'
import type { Party } from './party.js'
import type { Subscribable } from './observable.js'
import type { PinShape } from '../codec/index.js'
import type { Profile, Role } from '../log/index.js'
import type { PartyKind } from './kinds.js'
import type { AbortOptions, PeerId } from '@libp2p/interface'

/** The life of an invitation (docs/concepts.md, "The life of an invitation"). */
export type InvitationStatus = 'pending' | 'used' | 'expired' | 'revoked' | 'declined' | 'locked'

/** What a code leads to, told by the inviter before any PIN: costs no attempt. */
export interface InvitationPreview {
  /** `picture`: a reference; `app`: see `Party.app`; whatever the app makes of them. */
  party: { key: string, name: string, kind: PartyKind, picture?: string, app?: Uint8Array }
  /** How many members the inviter's log counts. */
  memberCount: number
  inviter: { peerId: PeerId, profile: Profile }
  role: Role
  /** What the inviter's app gave `invite`. Its word until the end: who is admitted has it checked against the signed invitation. */
  data?: Uint8Array
  /** By the inviter's clock, ms since 1970; undefined: it does not expire. */
  expiresAt?: number
  /** Wrong PINs that may still be tried. */
  attemptsLeft: number
  /** What the PIN looks like; false: none is asked for, `accept` is enough. */
  pin: PinShape | false
  /** A person at the inviter's side says yes or no after the PIN. */
  approval: boolean
  /** This node is a member of the party already, by its inviter's log. Where its store was lost, the PIN brings the party back, and uses nothing. */
  isMember?: true
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

/** Somebody said no. */
export interface InvitationDeclined {
  peerId: PeerId
  /** A stranger's text, at most 256 bytes; empty where nothing was said. */
  reason: string
}

/** Somebody typed a wrong PIN. */
export interface AttemptFailed {
  /** Wrong PINs that may still be tried; 0: the invitation is locked. */
  attemptsLeft: number
}

/** Somebody joined. */
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
  /** Its time is over. */
  onExpiration? (): void
  /** A wrong PIN was tried. */
  onAttemptFailed? (event: AttemptFailed): void
  /** Somebody said no; with `uses: 1` right before `onError(InvitationDeclinedError)`. */
  onDecline? (event: InvitationDeclined): void
  /**
   * The short code was guessed at too often, and is answered no more: this one took
   * its place. undefined: too many of them, one after the other; `publish` makes
   * another, if the full code will not do, which still works.
   */
  onShortCode? (shortCode: string | undefined): void
  /**
   * With `approval`: is this candidate to be admitted? What is not a boolean leaves
   * it to `admit` and `refuse`. An answer counts until `signal` aborts: the candidate
   * has gone, the invitation has ended, or `approvalTimeout` has passed. Who gets no
   * answer by then, or whose question throws, is not admitted and told to come
   * again; the invitation stays pending.
   */
  approve? (candidate: Candidate, options: { signal: AbortSignal }): boolean | undefined | Promise<boolean | undefined>
}

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
  /** The app's, for this invitation: shown before the PIN, and to members for good; at most 512 bytes. */
  data?: Uint8Array
  /** For whom it is, or what for, as the inviter's own lists show it: stays on this device, and is told to nobody. See `Invitation.setLabel`. */
  label?: string
}

/** What an invitation is now: the same object until something changes. */
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
  /** See `Invitation.label`. */
  label: string
}

/** One invitation, at its inviter. `code`, `pin` and `link` are secrets: hand them to the invitee alone. */
export interface Invitation extends Subscribable<InvitationSnapshot> {
  readonly id: string
  readonly party: Party
  /** Hand this over … Empty where it ended before the last start, as link and QR code are: the secret is not kept. */
  readonly code: string
  /** … and say this over another channel. */
  readonly pin: string
  /** The code as a link, in its fragment. @param base - @default PartiesInit.linkBase */
  link (base?: string): string
  /** The code as a QR code's payload: in its dense alphanumeric mode. */
  readonly qr: string
  /** What `invite` was given; a copy. */
  readonly data: Uint8Array | undefined
  /** For whom it is, in its inviter's own words; empty: they said nothing. It is on this device alone, until the party is forgotten. */
  readonly label: string
  readonly status: InvitationStatus
  readonly expiresAt: number | undefined
  /**
   * Its end as a promise, the first that there is from when it is read: the last join; or rejects with what `onError` is
   * told, and where it expires with an `InvitationExpiredError`. Who does not read it has no rejection to catch.
   */
  readonly done: Promise<InvitationJoin>
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
  /** Says for whom it is, or was: told to nobody. @param label - At most 256 bytes of UTF-8 @throws {RangeError} @throws {StorageError} */
  setLabel (label: string, options?: AbortOptions): Promise<void>
  /** Takes it back: guests are told, the log remembers (REVOKE). A second call does nothing. */
  cancel (options?: AbortOptions): Promise<void>
  /** Says yes to a candidate. @returns Does it still wait? */
  admit (candidate: PeerId): boolean
  /** Says no to a candidate. @returns Does it still wait? */
  refuse (candidate: PeerId): boolean
  /**
   * A fresh code and PIN for the same terms, as after a lock: as many uses as are
   * left (all of them once used up), as long as the first was to live, with the same label. This one is
   * taken back if it is pending.
   */
  renew (options?: AbortOptions & InvitationCallbacks): Promise<Invitation>
}
