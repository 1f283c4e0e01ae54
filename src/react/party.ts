import { useSyncExternalStore } from 'react'
import { usePartiesService } from './provider.js'
import { storeOf, useSnapshot } from './store.js'
import type { Member, Party } from '../interface/index.js'
import type { PeerId } from '@libp2p/interface'

const NOBODY: readonly Member[] = []
const NONE: readonly Party[] = []

/** All parties of this node, live. `error`: they could not be loaded. */
export function useParties (): { parties: readonly Party[], loading: boolean, error?: Error } {
  const store = storeOf(usePartiesService())
  const parties = useSyncExternalStore(store.subscribe, store.getSnapshot, () => NONE)
  const { state } = store

  return { parties, loading: state === 'loading', ...(state instanceof Error ? { error: state } : {}) }
}

/** A party of this node; undefined until it is loaded or joined. Renders again when anything of it changes. */
export function useParty (partyKey: string | undefined): Party | undefined {
  const store = storeOf(usePartiesService())
  const party = useSyncExternalStore(store.subscribe, () => store.get(partyKey), () => undefined)
  useSnapshot(party)

  return party
}

/**
 * The party, open: the component waits in the `Suspense` boundary around it until the node's parties are loaded. Renders again when anything of it changes.
 *
 * @param partyKey - undefined: nothing is waited for, and there is none
 * @throws {StorageError} This node has no such party, or its parties could not be loaded; an error boundary shows it, and tries anew by rendering again.
 * @throws {ProviderMissingError}
 */
export function useSuspenseParty (partyKey: string): Party
export function useSuspenseParty (partyKey: string | undefined): Party | undefined
export function useSuspenseParty (partyKey: string | undefined): Party | undefined {
  const store = storeOf(usePartiesService())
  const get = (): Party | undefined => store.get(partyKey)
  const party = useSyncExternalStore(store.subscribe, get, get)
  useSnapshot(party)

  return partyKey == null ? undefined : store.need(partyKey)
}

/** The party, or why it is not there; undefined: that is not known yet. */
export function useFound (partyKey: string | undefined): Party | Error | undefined {
  const store = storeOf(usePartiesService())

  return useSyncExternalStore(store.subscribe, () => partyKey == null ? undefined : store.find(partyKey), () => undefined)
}

/** Its members, owners first; empty until it is there. */
export function useMembers (partyKey: string | undefined): readonly Member[] {
  const store = storeOf(usePartiesService())
  const party = useSyncExternalStore(store.subscribe, () => store.get(partyKey), () => undefined)

  return useSnapshot(party)?.members ?? NOBODY
}

/** One member, by any of its devices or its `Member.id`, live: role, name, devices, online. undefined: it is none, or not any more. */
export function useMember (partyKey: string | undefined, member: PeerId | string | undefined): Member | undefined {
  const members = useMembers(partyKey)
  const party = storeOf(usePartiesService()).get(partyKey)

  return typeof member === 'string' ? members.find(({ id }) => id === member) : member == null ? undefined : party?.memberOf(member)
}
