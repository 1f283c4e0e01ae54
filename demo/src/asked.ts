import { handleInviteLink } from 'plus-one'
import { useCallback, useEffect, useState } from 'react'
import type { ReceivedInvitation } from 'plus-one'

/** A code of any form, or an invitation that came over a connection. */
export type Asked = string | ReceivedInvitation

const KEY = 'code'

/**
 * What this page was asked to join: by its link, which is taken out of the address
 * bar so that it stays in no history, or by hand. The tab remembers it for a reload.
 */
export function useAsked (): { asked?: Asked, problem?: string, ask: (asked: Asked | undefined) => void } {
  const [asked, setAsked] = useState<Asked | undefined>(() => sessionStorage.getItem(KEY) ?? undefined)
  const [problem, setProblem] = useState<string>()

  const ask = useCallback((asked: Asked | undefined): void => {
    if (typeof asked === 'string') {
      sessionStorage.setItem(KEY, asked)
    } else {
      sessionStorage.removeItem(KEY)
    }

    setProblem(undefined)
    setAsked(asked)
  }, [])

  useEffect(() => {
    const read = (): void => {
      try {
        const code = handleInviteLink()

        if (code != null) {
          ask(code)
        }
      } catch (err) {
        ask(undefined)
        setProblem((err as Error).message)
      }
    }

    read()
    addEventListener('hashchange', read)

    return () => { removeEventListener('hashchange', read) }
  }, [ask])

  return { asked, problem, ask }
}
