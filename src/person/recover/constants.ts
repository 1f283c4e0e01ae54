/** The numbers of the recovery protocol; docs/persons.md tells others of them. */
import { PROTOCOLS } from '../../network/protocols.js'

/** The recovery protocol's id. */
export const RECOVER_PROTOCOL = PROTOCOLS.recover

/** Bytes of the listener's nonce: nobody draws the same twice. */
export const NONCE_LENGTH = 32

/** Bytes of an Ed25519 public key, and of a signature (RFC 8032). */
export const KEY_LENGTH = 32
export const SIGNATURE_LENGTH = 64

/** Bytes of one frame, at most: as many GENESIS ops of the longest kind as fit beside each other are 15. */
export const MAX_FRAME = 65_536

/** Bytes of a GENESIS' body, at most, as of any op (docs/membership-log.md, "Format"). */
export const MAX_GENESIS = 4_096

/** Bytes of one Seat beside its body: a signature, and lengths. */
export const AROUND_SEAT = 96

/** Parties that one member names, at most: a GENESIS has some 250 bytes. */
export const MAX_SEATS = 1_024

/** How long one step may take, ms. */
export const STEP_TIMEOUT = 10_000

/** Streams on which something is awaited or worked on, of all who ask, at most; for one more who has most of them gives one up. */
export const MAX_STREAMS = 32

/** And of one peer: it needs one. */
export const MAX_STREAMS_OF_PEER = 2

/** Streams of one connection, at most: those that are just ending count. */
export const MAX_INBOUND_STREAMS = 8

/** Proofs of keys that have no seat here which are looked at, of one peer, and of all: an address has half of what others left. */
export const MAX_PROOFS_OF_PEER = 8
export const MAX_PROOFS = 256

/** How long after the last one a peer has all of its proofs again, ms. */
export const PROOFS_WINDOW = 60_000

/** How long a device that proved the recovery key is sent the logs, ms: over a relay that takes many connections. It may prove it again. */
export const ENTITLED = 600_000

/** Devices of one person that are so at once, at most; the one that proved it first gives way. */
export const MAX_ENTITLED = 4

/** Members that are asked, and logs that come in, at once, at most. */
export const MAX_AT_ONCE = 8

/** How long a log may stand still before the member is asked anew, ms. */
export const STANDSTILL = 30_000

/** How often in a row, with nothing new in between, a member is asked anew for a log. */
export const RETRIES = 5

/** The wait before that, ms: it doubles. */
export const RETRY_DELAY = 250

/** LEAVEs that are made void one after the other, at most: each device of the person can have signed some. */
export const MAX_LEAVES = 64
