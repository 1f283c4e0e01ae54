/**
 * Invitations at both ends: made, served, handed over directly, listed, found by
 * short codes, looked up and redeemed.
 *
 * @packageDocumentation
 */
export { Admission } from './admission.js'
export { LocalInvitations } from './invitations.js'
export { handleInviteLink } from './invite-link.js'
export type { AdmissionComponents } from './interface.js'
export type { InvitingParty } from './inviting-party.js'
export type { InviteLinkOptions, PageWindow } from './invite-link.js'
export type { ProfileBook } from './profile-book.js'
