/** The numbers of the sync protocol; docs/sync.md tells others of them. */
import { PROTOCOLS } from '../network/protocols.js'
import type { Protocol } from '../network/protocols.js'

/** The log protocol's id. */
export const LOG_PROTOCOL = PROTOCOLS.log

/** As it is where nothing else is said. */
export const PROTOCOL: Protocol = { id: LOG_PROTOCOL, limits: {} }

/** The number of the set of ops; record sets have theirs from 1. */
export const OPS = 0

/** The number of the set of profiles. */
export const PROFILES = 1

/** The number of the set of ops that are kept for a newer plus-one. */
export const HELD = 2

/** The number of the set of what members are called in this party alone. */
export const NAMES = 3

/** The number of the set of what a person's devices tell each other, beside a home's log. */
export const DEVICES = 4

/** Record sets of one party, at most; a Hello has one state for each. */
export const MAX_SETS = 8

/** Bytes of one frame, at most: two fit a relay's 128 KiB beside a handshake. */
export const MAX_FRAME = 65_536

/** Bytes of items in one frame, about: one item may go over it. */
export const CHUNK = 32_768

/** Bytes of items that a Pull lets be on their way: some 550 admissions, what two cores verify in 100 ms. */
export const WINDOW = 262_144

/** The same over a relay's limited connection of 128 KiB: little is lost when it ends. */
export const LIMITED_WINDOW = 32_768

/** Bytes of news that may be on their way; more of it waits for a comparison. */
export const NEWS_WINDOW = 65_536

/** Members who are told of what is new, at most, where this node has links: as many as it may have (docs/meeting.md). */
export const MAX_TOLD = 6

/** How long news are kept from those who are connected and not told, ms, the first and the last of them: then logs are compared, once for all of it. */
export const LATE = [2_000, 30_000] as const

/** Between two of these comparisons, ms, at most. */
export const PACE = 100

/** Bytes of one item, at most: an op has 4096 and a signature, a record less than 8192. */
export const MAX_ITEM = 8192

/** Bytes that wait to be decoded, at most: a window, the news, and as much again in frames of control. */
export const MAX_UNREAD = 2 * (WINDOW + NEWS_WINDOW)

/** Bytes of items in one batch of checks and writes: the next one is verified meanwhile. */
export const BATCH = 131_072

/** Entries of one list; a node of more is split. 8 × 76 bytes are less than two more steps down. */
export const LIST = 8

/** Bytes of Summaries in one frame, about: each is answered before the next. */
export const SUMMARY = 16_384

/** Summaries of one set that wait to be sent, at most: sides take turns, and both may begin anew. */
export const MAX_UNSENT = 4

/** Heads in a Summary or a Pull, at most: with more of them, chains are compared. */
export const MAX_HEADS = 16

/** Tips of a chain that an entry names; of more it has one hash. */
export const MAX_TIPS = 16

/** Keys and ids in the `have` of a range, at most: some 22 KiB. */
export const MAX_HAVE = 512

/** Ranges that wait to be asked for, at most; what is beyond is found by the next comparison. */
export const MAX_WANTS = 32_768

/** Ops in a proof, at most: what makes an owner of the deepest level, INVITE, INFO and ADMIT. */
export const MAX_PROOF = 66

/** Refused items of one stream, at most, in bytes: signatures that do not hold cost who checks them. */
export const MAX_JUNK = 262_144

/** Streams that are open to this node at once from one peer: one for each of its parties. */
export const MAX_INBOUND_STREAMS = 256

/** Streams of one peer that is a member of no party here which may be greeted at once: before a Hello nothing else bounds them. */
export const MAX_GREETINGS = 16

/** How long the other side may take to say hello, ms. */
export const HELLO_TIMEOUT = 10_000

/** How long a connection that stands may take to answer, ms, when another one of the same peer asks for its place: two round trips, over a relay too. */
export const PROBE_TIMEOUT = 2_000

/** How often one sees why its membership ended, in so many ms: as often as a connection may break in the midst of it. */
export const MAX_FAREWELLS = 3
export const FAREWELLS_WINDOW = 3_600_000

/** How long one may take over reading why its membership ended, ms. */
export const EVIDENCE_TIMEOUT = 60_000

/** How long a stream may stand still while something is owed on it, ms: a slow disk stores a window in less; it ends between one and two of these. */
export const STALL_TIMEOUT = 30_000

/** How long new ops gather before they are told, ms: a burst is one frame. */
export const GATHER = 20

/** Waits before a lost stream is opened again, ms: they double from the first up to the second. */
export const BACKOFF = [250, 60_000] as const
