/** The protocol id (specs, rendezvous/README.md, "The Protocol"). */
export const RENDEZVOUS_PROTOCOL = '/rendezvous/1.0.0'

/** A registration's lifetime where none is asked for, seconds ("Registration Lifetime"). */
export const DEFAULT_TTL = 7_200

/** The least lifetime that a point takes, seconds ("Recommendations for Rendezvous Points configurations"). */
export const MIN_TTL = 7_200

/** The longest, seconds (the same). */
export const MAX_TTL = 259_200

/** A namespace, bytes of UTF-8 (the same). */
export const MAX_NAMESPACE_LENGTH = 255

/** Registrations of one peer (the same). */
export const MAX_REGISTRATIONS_PER_PEER = 1_000

/** Peers that are returned to one query (the same). */
export const MAX_PEERS_PER_QUERY = 1_000

/** Registrations of a point in all. The spec names none. */
export const MAX_REGISTRATIONS = 10_000

/** A message, bytes: what rust-libp2p reads. */
export const MAX_MESSAGE_LENGTH = 1_048_576

/** A REGISTER that a point reads, bytes: a record of a dozen addresses has under 2 KiB. */
export const MAX_REQUEST_LENGTH = 8_192

/** A signed peer record that a point keeps, bytes. */
export const MAX_RECORD_LENGTH = 4_096

/** How long one request may take from when it is read, waiting for its turn included, ms. */
export const REQUEST_TIMEOUT = 10_000

/** How long a stream may bring no whole request, ms: clients here and in rust-libp2p open one for each. */
export const IDLE_TIMEOUT = 5_000

/** Streams of one connection that a point hears at once. */
export const MAX_INBOUND_STREAMS = 32

/** Streams that a point hears at once, of all peers: for more, who has most gives one up, an idle one first. */
export const MAX_STREAMS = 1_024

/** Requests that a point works at at once: each may hold an answer of `MAX_MESSAGE_LENGTH` until it is read. */
export const MAX_REQUESTS = 128

/** Of these, of one peer: more wait. */
export const MAX_REQUESTS_OF_PEER = 8

/** Of these, of all peers of one address: more wait. */
export const MAX_REQUESTS_OF_ORIGIN = 32
