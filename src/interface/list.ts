/** The invitations of a party, whoever made them. */
import type { Invitation, InvitationStatus } from './invitation.js'
import type { Subscribable } from './observable.js'
import type { Role } from '../log/index.js'
import type { PartyKind } from './kinds.js'
import type { PeerId } from '@libp2p/interface'

/** One invitation of a party, whoever made it. */
export interface InvitationItem {
  /** The id of its INVITE op, hex. */
  readonly id: string
  readonly partyKey: string
  readonly kind: PartyKind
  readonly status: InvitationStatus
  readonly role: Role
  /** What its inviter's app gave `invite`. */
  readonly data?: Uint8Array
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
  /** For whom it is: this device's own alone have one. See `Invitation.label`. */
  readonly label?: string
  /** Wrong PINs that may still be tried: told of this node's own alone. */
  readonly attemptsLeft?: number
  /** Who revoked it; undefined where its inviter lost the right to it. */
  readonly revokedBy?: PeerId
  /** What they said, or who declined it, which this device's own alone know; empty where nothing was said. */
  readonly reason?: string
}

/** Which invitations, and how many. */
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

/** Some of a party's invitations. */
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
