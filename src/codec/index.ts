/**
 * Codes, links, PINs and strict dag-cbor: pure, no I/O, no clock.
 *
 * @packageDocumentation
 */
export { decode, decodeStrict, encode } from './cbor.js'
export { CODE_VERSION, encodeCode, MAX_ADDRESSES, MAX_CODE_TEXT, parseCode } from './code.js'
export { looksLikeShortCode } from './form.js'
export { decodeLength } from './length.js'
export { findCode, parseInvitation, percentDecoded } from './find.js'
export { createLink, DEFAULT_LINK_BASE, qrPayload } from './link.js'
export { createPin, DEFAULT_PIN, InvalidPinError, isPinShape, normalizePin } from './pin.js'
export type { AnyBytes } from './any-bytes.js'
export type { CodeInit, InvitationCode } from './code.js'
export type { PinShape } from './pin.js'
