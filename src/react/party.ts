import { useSyncExternalStore } from 'react'
import { useParties } from './provider.js'
import { storeOf, useSnapshot } from './store.js'
import type { Member, Party } from '../parties/index.js'

const NOBODY: readonly Member[] = []

/** A party of this node; undefined until it is loaded or joined. Renders again when anything of it changes. */
export function useParty (partyKey: string | undefined): Party | undefined {
  const store = storeOf(useParties())
  const party = useSyncExternalStore(store.subscribe, () => store.get(partyKey), () => undefined)
  useSnapshot(party)

  return party
}

/** Its members, owners first; empty until it is there. */
export function useMembers (partyKey: string | undefined): readonly Member[] {
  const store = storeOf(useParties())
  const party = useSyncExternalStore(store.subscribe, () => store.get(partyKey), () => undefined)

  return useSnapshot(party)?.members ?? NOBODY
}
