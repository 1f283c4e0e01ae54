import { useCallback, useEffect, useRef, useState } from 'react'
import { useParties } from './provider.js'
import { useLatest, useSnapshot } from './store.js'
import type { InvitationPreview, Party, RedeemCallbacks, Redemption, RedemptionState } from '../parties/index.js'

export interface UseInvitationRedeemerOptions extends RedeemCallbacks {
  /** Goes on when the component is gone. @default false */
  keepOnUnmount?: boolean
}

export interface RedeemerRest {
  state: 'idle' | RedemptionState
  preview?: InvitationPreview
  attemptsLeft?: number
  /** A bad code, the last wrong PIN, or what ended it. */
  error?: Error
  /** Once admitted. */
  party?: Party
  cancel: () => void
  decline: (reason?: string) => void
  /** Back to the beginning, for another code. */
  reset: () => void
}

/**
 * Redeems a code. Neither function throws or rejects: errors land in `error`.
 *
 * @returns `[redeemCode, setPin, rest]`
 * @throws {ProviderMissingError}
 */
export function useInvitationRedeemer (options: UseInvitationRedeemerOptions = {}): [(code: string) => void, (pin: string) => Promise<Party | undefined>, RedeemerRest] {
  const parties = useParties()
  const latest = useLatest(options)
  const current = useRef<Redemption>(undefined)
  const mounted = useRef(false)
  const [redemption, setRedemption] = useState<Redemption>()
  const [error, setError] = useState<Error>()

  const become = useCallback((next: Redemption | undefined, error?: Error): void => {
    const before = current.current
    current.current = next
    setRedemption(next)
    setError(error)
    before?.cancel().catch(() => {})
  }, [])

  const redeemCode = useCallback((code: string): void => {
    // one that was replaced tells nothing more
    const mine = (): boolean => current.current === started
    let started: Redemption | undefined

    try {
      started = parties.redeem(code, {
        onDone: (result) => { if (mine()) { latest.current.onDone?.(result) } },
        onError: (error) => { if (mine()) { latest.current.onError?.(error) } },
        onExpiration: () => { if (mine()) { latest.current.onExpiration?.() } },
        onAttemptFailed: (event) => { if (mine()) { latest.current.onAttemptFailed?.(event) } }
      })
      become(started)
    } catch (err) {
      become(undefined, err as Error)
      latest.current.onError?.(err as Error)
    }
  }, [parties, latest, become])

  const setPin = useCallback(async (pin: string): Promise<Party | undefined> => {
    const mine = current.current

    try {
      setError(undefined)
      return await mine?.setPin(pin)
    } catch (err) {
      if (current.current === mine) {
        setError(err as Error)
      }
    }

    return undefined
  }, [])

  useEffect(() => {
    mounted.current = true

    return () => {
      mounted.current = false
      // StrictMode mounts again at once: only who stays away is gone
      setTimeout(() => {
        if (!mounted.current && latest.current.keepOnUnmount !== true) {
          current.current?.cancel().catch(() => {})
        }
      })
    }
  }, [latest])

  const snapshot = useSnapshot(redemption)
  const cancel = useCallback(() => { current.current?.cancel().catch(() => {}) }, [])
  const decline = useCallback((reason?: string) => { current.current?.decline(reason).catch(() => {}) }, [])
  const reset = useCallback(() => { become(undefined) }, [become])

  return [redeemCode, setPin, {
    state: snapshot?.state ?? 'idle',
    preview: snapshot?.preview,
    attemptsLeft: snapshot?.attemptsLeft,
    error: error ?? snapshot?.error,
    party: snapshot?.party,
    cancel,
    decline,
    reset
  }]
}
