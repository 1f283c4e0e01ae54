import { useParties } from './provider.js'
import { useSnapshot } from './store.js'
import type { ReceivedInvitation } from '../parties/index.js'

const NONE: readonly ReceivedInvitation[] = []

/**
 * Direct invitations that await a yes or no here, oldest first: for
 * `useInvitationPreview`, and `useInvitationRedeemer` to say yes.
 *
 * @throws {ProviderMissingError}
 */
export function useReceivedInvitations (): readonly ReceivedInvitation[] {
  return useSnapshot(useParties().received) ?? NONE
}
