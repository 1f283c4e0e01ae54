/** The numbers of the asking protocol; docs/keys.md tells others of them. */

/** Bytes of the name of a party, of an id, a hash and a secret. */
export const ID_LENGTH = 32

/** Secrets that are asked for in one frame, at most. */
export const MAX_ASKED = 256

/** Bytes of a piece of a wrap set, and how many of them are asked for ahead: what a round trip of 100 ms takes at 10 Mbit/s. */
export const PIECE = 32_768
export const WINDOW = 4

/** The same over a relay's limited connection of 128 KiB: little is lost when it ends. */
export const LIMITED_PIECE = 8_192
export const LIMITED_WINDOW = 2

/** Bytes of a wrap set up to which it is asked for before the secret itself, which takes 100: all members of a large party would fetch as many sets. */
export const SMALL_SET = 65_536

/** Bytes of one frame, at most. */
export const MAX_FRAME = 65_536

/** How long the other side may take for one step, ms. */
export const STEP_TIMEOUT = 10_000

/** Members that are asked at once, at most: who answers slowly holds nobody up. */
export const MAX_ASKING = 3

/** The longest first wait after a member had nothing, ms, and the longest of all: it doubles from one to the other. */
export const BACKOFF = [1_000, 300_000] as const

/** The same where only secrets are missing that are not current any more. */
export const PATIENCE = [1_000, 3_600_000] as const

/** How long a secret may be missing, with nobody connected or with members who never come to an end, before it counts as one that nobody gives, ms. */
export const LATE = 600_000

/** Streams of one connection, at most. */
export const MAX_INBOUND_STREAMS = 8

/** Streams on which something is awaited, of all who ask, and of one peer, at most: for one more who has most gives one up. */
export const MAX_STREAMS = 64
export const MAX_STREAMS_OF_PEER = 4

/** What a member may cost in a minute, bytes: what it is sent, and so much for each ask. It is seven times the wrap set of 10,000 members with 8 keys each. */
export const BUDGET = 33_554_432
export const COST_OF_ASK = 16_384

/** How long after its first ask a member may ask for as much again, ms. */
export const QUOTA_WINDOW = 60_000
