import { handleInviteLink } from 'plus-one'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { go } from './routes.js'
import type { ReceivedInvitation } from 'plus-one'

/** A code of any form, or an invitation that came over a connection. */
export type Asked = string | ReceivedInvitation

const KEY = 'code'

const listeners = new Set<() => void>()

/** Goes to the invitation that a code leads to. The tab remembers the code for a reload, and so that it can be tried again. */
export function ask (code: string, options?: { replace: boolean }): void {
  sessionStorage.setItem(KEY, code)
  listeners.forEach(listener => { listener() })
  go({ at: 'join' }, options)
}

/** The invitation came to an end here. */
export function forgetCode (): void {
  sessionStorage.removeItem(KEY)
  listeners.forEach(listener => { listener() })
}

/** The code that this page was last asked to join by. */
export function useCode (): string | undefined {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => { listeners.delete(listener) }
  }, () => sessionStorage.getItem(KEY) ?? undefined)
}

/**
 * Follows invitation links: their code is taken out of the address bar, so that it stays in no history.
 *
 * @returns What was wrong with the last one, which led home
 */
export function useLinks (): string | undefined {
  const [problem, setProblem] = useState<string>()

  useEffect(() => {
    const read = (): void => {
      try {
        const code = handleInviteLink()

        if (code != null) {
          setProblem(undefined)
          // in place of the entry that the link made
          ask(code, { replace: true })
        }
      } catch (err) {
        go({ at: 'home' }, { replace: true })
        setProblem((err as Error).message)
      }
    }

    read()
    addEventListener('hashchange', read)

    return () => { removeEventListener('hashchange', read) }
  }, [])

  return problem
}
