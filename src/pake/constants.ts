/** Lengths that both exchanges have. */

/** Nonces of both sides, bytes. */
export const NONCE_LENGTH = 32

/** An encoded ristretto255 element, bytes (RFC 9496 section 4.3.2). */
export const SHARE_LENGTH = 32
