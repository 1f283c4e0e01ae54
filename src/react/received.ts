import { usePartiesService } from './provider.js'
import { useSnapshot } from './store.js'
import type { ReceivedInvitation } from '../interface/index.js'

const NONE: readonly ReceivedInvitation[] = []

/**
 * Direct invitations that await a yes or no here, oldest first: for
 * `useInvitationPreview`, and `useInvitationRedeemer` to say yes.
 *
 * @throws {ProviderMissingError}
 */
export function useReceivedInvitations (): readonly ReceivedInvitation[] {
  return useSnapshot(usePartiesService().received) ?? NONE
}
