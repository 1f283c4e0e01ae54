/**
 * Invite a person into a local-first party with a code and a PIN, and no server
 * that knows either. A js-libp2p service.
 *
 * @packageDocumentation
 */
export { parties } from './parties/index.js'
export { handleInviteLink } from './admission/invite-link.js'
export { isAtLeast, KIND_DEFAULTS, MAX_APP_DATA, ROLES } from './interface/index.js'
export { on } from './interface/on.js'
export { createLink, DEFAULT_PIN, InvalidPinError, isPinShape, parseInvitation } from './codec/index.js'
export * from './errors.js'
export { MAX_REASON } from './invitation/constants.js'
export type * from './interface/index.js'
export type { InvitationCode } from './codec/index.js'
export type { InviteLinkOptions, PageWindow } from './admission/index.js'
