/**
 * React hooks over the core's `subscribe`/`getSnapshot`. React ≥ 18 is an optional
 * peer; the core never imports it.
 *
 * @packageDocumentation
 */
'use client'

export { useBlocked } from './blocked.js'
export { PartiesProvider, ProviderMissingError, usePartiesService } from './provider.js'
export { useMember, useMembers, useParties, useParty, useSuspenseParty } from './party.js'
export { useDeviceInvitation, useInvitation } from './invitation.js'
export { useInvitations } from './invitations.js'
export { useDevices, usePerson, useRecovery } from './person.js'
export { useInvitationPreview } from './preview.js'
export { useReceivedInvitations } from './received.js'
export { CodeMissingError, useInvitationRedeemer } from './redeemer.js'
export type { PartiesProviderProps } from './provider.js'
export type { InvitationRest, UseDeviceInvitationOptions, UseInvitationOptions } from './invitation.js'
export type { UseInvitationsOptions } from './invitations.js'
export type { Updater, UseInvitationsResult } from './invitation-view.js'
export type { RecoveryRest } from './person.js'
export type { PreviewResult } from './preview.js'
export type { RedeemerRest, UseInvitationRedeemerOptions } from './redeemer.js'
