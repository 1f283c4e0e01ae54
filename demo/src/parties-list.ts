import { useEffect, useState } from 'react'
import { useParties } from 'plus-one/react'
import type { Party } from 'plus-one'

/** All parties of this node, as they come. */
export function usePartiesList (): { all: readonly Party[], error?: Error } {
  const parties = useParties()
  const [state, setState] = useState<{ all: readonly Party[], error?: Error }>({ all: [] })

  useEffect(() => {
    const refresh = (): void => { parties.list().then(all => { setState({ all }) }, (error: Error) => { setState({ all: [], error }) }) }
    refresh()
    parties.addEventListener('party', refresh)

    return () => { parties.removeEventListener('party', refresh) }
  }, [parties])

  return state
}
