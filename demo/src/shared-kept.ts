/** Where IndexedDB keeps what parties share, and that it goes with them. */
import { useParties } from 'plus-one/react'
import { useEffect } from 'react'
import type { PeerId } from '@libp2p/interface'
import type { Party } from 'plus-one'

const folderOf = (self: PeerId): string => `plus-one-sealed/${self.toString()}/`

export function databaseOf ({ self, key }: Party): string {
  return `${folderOf(self)}${key}`
}

/** What was kept of parties that are on this device no more is deleted: they were forgotten, or all was reset. */
export function useTidyShared (self: PeerId): void {
  const { parties, loading } = useParties()

  useEffect(() => {
    if (!loading) {
      const kept = parties.map(databaseOf)
      indexedDB.databases()
        .then((all) => {
          all.flatMap(({ name = '' }) => name.startsWith(folderOf(self)) && !kept.includes(name) ? [name] : []).forEach((name) => { indexedDB.deleteDatabase(name) })
        })
        .catch(() => { /* the next start tries again */ })
    }
  }, [self, parties, loading])
}
