/**
 * Invite a person into a local-first party with a code and a PIN, and no server
 * that knows either. A js-libp2p service.
 *
 * @packageDocumentation
 */
export { handleInviteLink, KIND_DEFAULTS, parties } from './parties/index.js'
export { createLink, DEFAULT_PIN, InvalidPinError, isPinShape, parseInvitation } from './codec/index.js'
export * from './errors.js'
export { MAX_REASON } from './invitation/index.js'
export type * from './parties/interface.js'
export type { InvitationCode } from './codec/index.js'
export type { InviteLinkOptions, PageWindow, PartiesComponents } from './parties/index.js'
