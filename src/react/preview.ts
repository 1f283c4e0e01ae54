import { useCallback, useEffect, useState } from 'react'
import { useParties } from './provider.js'
import type { InvitationPreview } from '../parties/index.js'

export interface PreviewResult {
  preview?: InvitationPreview
  error?: Error
  loading: boolean
  /** Looks again, as after the inviter was unreachable. */
  refetch: () => void
}

/**
 * Looks at a code before joining: costs no attempt.
 *
 * @param code - undefined: nothing is looked up
 * @throws {ProviderMissingError}
 */
export function useInvitationPreview (code: string | undefined): PreviewResult {
  const parties = useParties()
  const [turn, setTurn] = useState(0)
  const [result, setResult] = useState<{ of: string | undefined, preview?: InvitationPreview, error?: Error }>({ of: undefined })

  useEffect(() => {
    if (code == null) {
      return
    }

    const controller = new AbortController()
    setResult({ of: undefined })
    parties.lookup(code, { signal: controller.signal }).then(
      (preview) => { setResult({ of: code, preview }) },
      (error: Error) => {
        if (!controller.signal.aborted) {
          setResult({ of: code, error })
        }
      }
    )

    return () => { controller.abort() }
  }, [parties, code, turn])

  const refetch = useCallback(() => { setTurn(turn => turn + 1) }, [])
  const known = result.of === code

  return { preview: known ? result.preview : undefined, error: known ? result.error : undefined, loading: code != null && !known, refetch }
}
