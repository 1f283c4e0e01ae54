/** The numbers of the handshake; docs/handshake.md tells others of them. */
import { PROTOCOLS } from '../network/protocols.js'

/** The handshake's protocol id (docs/handshake.md). */
export const INVITE_PROTOCOL = PROTOCOLS.invite

/** Knock's version: the wire as this file's folder lays it out. */
export const VERSION = 1

/** The code's secret, bytes (docs/codes.md, "The full code"). */
export const SECRET_LENGTH = 16

/** Op ids, hashes and MACs, bytes: SHA-256's output. */
export const HASH_LENGTH = 32

/** Lookup ids, bytes: as hard to guess as the 128-bit secret they come from. */
export const LOOKUP_ID_LENGTH = 16

/** Ed25519 signatures, bytes (RFC 8032 section 5.1.6). */
export const SIGNATURE_LENGTH = 64

/** Ed25519 public keys, bytes (RFC 8032 section 5.1.5). */
export const KEY_LENGTH = 32

/** The longest frame that an inviter reads, bytes: an Answer with a profile needs under 2 KiB. */
export const MAX_INVITEE_FRAME = 4096

/** The longest frame that an invitee reads, bytes: a Grant's handful of ops, and well under a relay's 128 KiB. */
export const MAX_INVITER_FRAME = 49_152

/** Ops in a Grant beside the ADMIT, at most: as many as an invitee's check looks at (docs/handshake.md, "The Grant"). */
export const MAX_AUTHORITY = 64

/** Heads in a Grant: as many as an op may have parents (docs/handshake.md, "The Grant"). */
export const MAX_HEADS = 16

/** A signed profile record, bytes: 1,400 of payload (docs/membership-log.md, "Format") in its envelope. */
export const MAX_PROFILE_RECORD = 1536

/** An app's bytes in a preview: as many as a GENESIS or an INVITE may have (docs/membership-log.md, "Format"). */
export const MAX_DATA = 1024

/** A reason given on declining, bytes of UTF-8. */
export const MAX_REASON = 256

/** Wrong PINs until an invitation locks (docs/handshake.md, "What is counted"). */
export const DEFAULT_ATTEMPTS = 3

/** PINs that an invitee gives away per code, whatever the other side says (docs/handshake.md, "What is counted"). */
export const INVITEE_ATTEMPTS = 3

/** Handshakes open at once per invitation, or its uses if more (docs/handshake.md, "What is counted"). */
export const MAX_SESSIONS = 8

/** Handshakes that are begun and never answered, within `STARTS_WINDOW`, for each use that is left (docs/handshake.md, "What is counted"). */
export const MAX_STARTS = 64

/** Of them one key's: somebody who opens the page now and then, and is called away. */
export const MAX_STARTS_OF_PEER = 16

/** How long they count, ms. */
export const STARTS_WINDOW = 3_600_000

/** How long a guest at the PIN box keeps its place when others need one, ms: who has a PIN at hand has answered. */
export const IDLE_AFTER = 10_000

/** How often a person is asked about one key that was refused (docs/handshake.md, "Approval"). */
export const MAX_REFUSALS_OF_PEER = 3

/** And about all together, within `REFUSALS_WINDOW`. */
export const MAX_REFUSALS = 64

/** How long refusals count, ms: a day. */
export const REFUSALS_WINDOW = 86_400_000

/** The handshake's protocol for handing a code to whom it is for, over an existing connection. */
export const DIRECT_PROTOCOL = PROTOCOLS.direct

/** What an invitation lives by default, ms. */
export const DEFAULT_LIFETIME = 3_600_000
