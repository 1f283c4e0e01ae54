import { useCallback, useEffect, useState } from 'react'
import { usePartiesService } from './provider.js'
import type { DialProgress, InvitationPreview, ReceivedInvitation } from '../interface/index.js'

/** What an invitation is for, or why that is not known. */
export interface PreviewResult {
  preview?: InvitationPreview
  error?: Error
  loading: boolean
  /** How far the way to the inviter is, while loading. */
  progress?: DialProgress
  /** Looks again, as after the inviter was unreachable. */
  refetch: () => void
}

/**
 * Looks at a code of any form, or at an invitation that was received directly, before joining: costs no attempt.
 *
 * @param code - undefined: nothing is looked up
 * @throws {ProviderMissingError}
 */
export function useInvitationPreview (code: string | ReceivedInvitation | undefined): PreviewResult {
  const parties = usePartiesService()
  const [turn, setTurn] = useState(0)
  const [progress, setProgress] = useState<DialProgress>()
  const [result, setResult] = useState<{ of: string | ReceivedInvitation | undefined, preview?: InvitationPreview, error?: Error }>({ of: undefined })

  useEffect(() => {
    if (code == null) {
      return
    }

    const controller = new AbortController()
    const { signal } = controller
    const onProgress = (event: DialProgress): void => { if (!signal.aborted) { setProgress(event) } }
    setResult({ of: undefined })
    setProgress(undefined)

    const looked = typeof code === 'string' ? parties.lookup(code, { signal, onProgress }) : code.preview({ signal })
    looked.then(
      (preview) => {
        if (!signal.aborted) {
          setResult({ of: code, preview })
        }
      },
      (error: Error) => {
        if (!signal.aborted) {
          setResult({ of: code, error })
        }
      }
    )

    return () => { controller.abort() }
  }, [parties, code, turn])

  const refetch = useCallback(() => { setTurn(turn => turn + 1) }, [])
  const known = result.of === code

  return { preview: known ? result.preview : undefined, error: known ? result.error : undefined, loading: code != null && !known, progress: known ? undefined : progress, refetch }
}
