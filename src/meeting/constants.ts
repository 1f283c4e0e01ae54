/** The numbers of guarded streams; docs/guarded-streams.md tells others of them. */

/** What the hash that names a party begins with. */
export const STREAM_LABEL = 'plus-one-stream/1\0'

/** Bytes of the opener's frame: a SHA-256. */
export const NAME_LENGTH = 32

/** Bytes of a protocol's id, in UTF-8, of who asks whether it is served. */
export const MAX_PROTOCOL = 256

/** Streams of one connection, and of one peer, that ask that: a node has one for each party and protocol that its app follows. */
export const MAX_WATCHES = 256

/** How long until who could not be asked is asked again, ms: doubled each time, up to the second. */
export const WATCH_AGAIN = [250, 60_000] as const

/** How long an answer has to stand until its stream, if it ends then, is opened again as soon as a first time, ms. */
export const WATCH_STOOD = 60_000

/** How often an app is told that one device serves it, within so many ms: of one that begins and ends more often it is told again when they are over. */
export const BEGINNINGS = { ofPeer: 8, window: 10_000 } as const

/** Bytes that are taken in while the opener's frame is read: it has 33, and nothing follows before the answer. */
export const MAX_UNREAD = 1024

/** Bytes of the answer, at most: what it is, and a role. */
export const MAX_ANSWER = 2

/** How long the other side may take to say which party a stream is for, or to answer, ms: as long as libp2p lets the choice of a protocol take. */
export const GREETING_TIMEOUT = 10_000

/** How long who was refused may take to end its half of the stream, ms. */
export const CLOSE_TIMEOUT = 5_000

/** Streams of one peer that is a member of no party here which may say at once what they are for. */
export const MAX_GREETINGS = 16

/** Streams that one peer may have open for one party and protocol on a connection, where the app says nothing: libp2p's own defaults. */
export const MAX_INBOUND_STREAMS = 32
export const MAX_OUTBOUND_STREAMS = 64
