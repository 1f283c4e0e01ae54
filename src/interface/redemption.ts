/** A redemption, at the invitee. */
import type { AttemptFailed, InvitationPreview } from './invitation.js'
import type { Subscribable } from './observable.js'
import type { Party } from './party.js'
import type { AbortOptions, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** The life of a redemption (docs/concepts.md, "The life of a redemption"): the last five are its ends. */
export type RedemptionState = 'connecting' | 'pin-required' | 'authenticating' | 'waiting' | 'admitted'
  | 'declined' | 'cancelled' | 'expired' | 'failed'

/** Exactly one of `onDone`, `onError` and `onExpiration` is called, once. */
export interface RedeemCallbacks {
  /** This node is a member. */
  onDone? (result: { party: Party }): void
  /** It ended otherwise. */
  onError? (error: Error): void
  /** The invitation expired first. */
  onExpiration? (): void
  /** A PIN was wrong. */
  onAttemptFailed? (event: AttemptFailed): void
}

/** How far the way to the inviter is. */
export type DialProgress =
  /** Where it is now is being asked for. */
  | { type: 'finding', peer?: PeerId }
  | { type: 'dialing', peer: PeerId, address: Multiaddr }
  | { type: 'connected', peer: PeerId, address: Multiaddr }
  /** More than one peer claims a short code: whoever knows its words gives the code. */
  | { type: 'contested' }

/** How an inviter is looked for. */
export interface DialOptions {
  /** How far the way to the inviter is. */
  onProgress?: (event: DialProgress) => void
}

/** `signal` cancels the redemption. */
export interface RedeemOptions extends AbortOptions, DialOptions, RedeemCallbacks {
  /** What the person saw, of `lookup`: if the inviter offers another party, name, picture, app's data or role now, that is refused. */
  seen?: Pick<InvitationPreview, 'party' | 'role' | 'data'>
}

/** What a redemption is now: the same object until something changes. */
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
  /** What the inviter's app gave `invite`, once it is told; a copy. As the signed invitation has it, once admitted. */
  readonly data: Uint8Array | undefined
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
  /**
   * Says no, and resolves once the inviter was told; where it is away it is looked
   * for until `connectTimeout`.
   *
   * @param reason - At most 256 bytes of UTF-8, for the inviter to read
   * @throws {RangeError} The reason is longer: nothing was done.
   * @throws {AlreadyMemberError} The inviter was faster: this node is a member.
   * @throws What ended the redemption, else: the inviter was not told.
   */
  decline (reason?: string, options?: AbortOptions): Promise<void>
  /** Ends it here. A second call does nothing. */
  cancel (): Promise<void>
}

/** An invitation for this node alone, handed over by its inviter on a connection. */
export interface ReceivedInvitation {
  /** The inviter: the key that the connection proved. */
  readonly from: PeerId
  /** As `Parties.lookup`. */
  preview (options?: AbortOptions): Promise<InvitationPreview>
  /** Yes; where a PIN is asked for, `setPin` follows. */
  accept (options?: RedeemOptions): Redemption
  /**
   * No: it is gone here at once, whatever comes of telling the inviter, which is
   * told now, or when it hands it over again.
   *
   * @param reason - At most 256 bytes of UTF-8, for the inviter to read
   * @returns Was the inviter told now?
   * @throws {RangeError} The reason is longer: nothing was done.
   * @throws {StorageError}
   */
  decline (reason?: string, options?: AbortOptions): Promise<boolean>
}
