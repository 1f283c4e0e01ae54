import { useState, useSyncExternalStore } from 'react'
import { feedOf } from './feed.js'
import { InvitationView } from './invitation-view.js'
import { usePartiesService } from './provider.js'
import type { UseInvitationsResult } from './invitation-view.js'
import type { InvitationStatus } from '../interface/index.js'

/** Which invitations, and how many at once. */
export interface UseInvitationsOptions {
  /** @default 'pending' */
  status?: InvitationStatus | 'all'
  /** Rows of a page, 1 to 1000. @default 50 */
  limit?: number
}

/**
 * The invitations of a party, whoever made them, by pages: live, also when they
 * are used, by whom and when, revoked, declined, locked, or expire. Another filter reads
 * anew; another party is subscribed to. All hooks of a party share one subscription.
 *
 * @throws {ProviderMissingError}
 */
export function useInvitations (partyKey: string | undefined, { status = 'pending', limit = 50 }: UseInvitationsOptions = {}): UseInvitationsResult {
  const feed = feedOf(usePartiesService(), partyKey)
  const [known, setView] = useState(() => new InvitationView(feed, status, limit))
  let view = known

  if (!view.shows(feed, status, limit)) {
    view = new InvitationView(feed, status, limit)
    setView(view)
  }

  return useSyncExternalStore(view.subscribe, view.getSnapshot, view.getServerSnapshot)
}
