/**
 * React hooks over the core's `subscribe`/`getSnapshot`. React ≥ 18 is an optional
 * peer; the core never imports it.
 *
 * @packageDocumentation
 */
'use client'

export { useBlocked } from './blocked.js'
export { PartiesProvider, ProviderMissingError, usePartiesService } from './provider.js'
export { useMember, useMembers, useParties, useParty } from './party.js'
export { useInvitation } from './invitation.js'
export { useInvitations } from './invitations.js'
export { useInvitationPreview } from './preview.js'
export { useReceivedInvitations } from './received.js'
export { useInvitationRedeemer } from './redeemer.js'
export type { PartiesProviderProps } from './provider.js'
export type { InvitationRest, UseInvitationOptions } from './invitation.js'
export type { UseInvitationsOptions } from './invitations.js'
export type { Updater, UseInvitationsResult } from './invitation-view.js'
export type { PreviewResult } from './preview.js'
export type { RedeemerRest, UseInvitationRedeemerOptions } from './redeemer.js'
