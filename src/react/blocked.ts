import { usePartiesService } from './provider.js'
import { useSnapshot } from './store.js'
import type { PeerId } from '@libp2p/interface'

const NONE: readonly PeerId[] = []

/**
 * Of whom this node wants nothing more, live; `usePartiesService()` has `block` and `unblock`.
 *
 * @throws {ProviderMissingError}
 */
export function useBlocked (): readonly PeerId[] {
  return useSnapshot(usePartiesService().blocked) ?? NONE
}
