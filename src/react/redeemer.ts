import { useCallback, useEffect, useRef, useState } from 'react'
import { InvalidCodeError } from '../errors.js'
import { usePartiesService } from './provider.js'
import { useLatest, useSnapshot } from './store.js'
import type { DialProgress, InvitationPreview, Party, ReceivedInvitation, RedeemCallbacks, RedeemOptions, Redemption, RedemptionState } from '../interface/index.js'

/** Who is told, and how the inviter is looked for. */
export interface UseInvitationRedeemerOptions extends RedeemCallbacks {
  /**
   * What `redeemCode()` redeems. Where it changes, as with another link in the same tab, what ran is cancelled, and all is as at the
   * beginning: nothing of one invitation is shown, and no PIN goes to it, beside another's code.
   */
  code?: string | ReceivedInvitation
  /** Goes on when the component is gone. @default false */
  keepOnUnmount?: boolean
}

/** What a redemption is, and what to do with it. */
export interface RedeemerRest {
  state: 'idle' | RedemptionState
  preview?: InvitationPreview
  attemptsLeft?: number
  /** How far the way to the inviter is, while connecting. */
  progress?: DialProgress
  /** While `waiting` for approval, as KXQ-27M: the inviter's screen shows the same. */
  comparison?: string
  /** Says yes where no PIN is asked for (`preview.pin` is false). */
  accept: () => Promise<Party | undefined>
  /** A bad code, the last wrong PIN, or what ended it. */
  error?: Error
  /** Once admitted. */
  party?: Party
  /** Ends it: nothing is given away with it. */
  cancel: () => void
  /** Says no, and why; the inviter reads it. */
  decline: (reason?: string) => void
  /** Back to the beginning, for another code. */
  reset: () => void
}

/** A PIN, or a yes, was given before any code. */
export class CodeMissingError extends Error {
  static override readonly name = 'CodeMissingError'
  readonly code = 'ERR_CODE_MISSING'

  constructor () {
    super('No code was given yet that this could belong to; call redeemCode(code) first, then setPin(pin)')
    this.name = 'CodeMissingError'
  }
}

interface Begun {
  /** The hook's `code` when it began. */
  of?: string | ReceivedInvitation
  redemption?: Redemption
  /** It could not begin. */
  error?: Error
}

const NOTHING: Begun = {}

/**
 * Redeems a code of any form, or an invitation that was received directly. Nothing
 * throws or rejects: errors land in `error`.
 *
 * @returns `[redeemCode, setPin, rest]`
 * @throws {ProviderMissingError}
 */
export function useInvitationRedeemer (options: UseInvitationRedeemerOptions = {}): [(code?: string | ReceivedInvitation) => void, (pin: string) => Promise<Party | undefined>, RedeemerRest] {
  const parties = usePartiesService()
  const latest = useLatest(options)
  const current = useRef<Redemption>(undefined)
  const mounted = useRef(false)
  const [begun, setBegun] = useState<Begun>(NOTHING)
  const [error, setError] = useState<Error>()
  const [progress, setProgress] = useState<DialProgress>()

  const become = useCallback((next: Begun): void => {
    const before = current.current
    current.current = next.redemption
    setBegun(next)
    setError(next.error)
    setProgress(undefined)
    before?.cancel().catch(() => {})
  }, [])

  const redeemCode = useCallback((code: string | ReceivedInvitation | undefined = latest.current.code): void => {
    // one that was replaced tells nothing more
    const mine = (): boolean => current.current === started
    const of = latest.current.code
    let started: Redemption | undefined

    try {
      if (code == null) {
        throw new InvalidCodeError('There is no code to redeem; pass one to redeemCode, or to the hook', 'empty')
      }

      const options: RedeemOptions = {
        onProgress: (event) => { if (mine()) { setProgress(event) } },
        onDone: (result) => { if (mine()) { latest.current.onDone?.(result) } },
        onError: (error) => { if (mine()) { latest.current.onError?.(error) } },
        onExpiration: () => { if (mine()) { latest.current.onExpiration?.() } },
        onAttemptFailed: (event) => { if (mine()) { latest.current.onAttemptFailed?.(event) } }
      }

      started = typeof code === 'string' ? parties.redeem(code, options) : code.accept(options)
      become({ of, redemption: started })
    } catch (err) {
      become({ of, error: err as Error })
      latest.current.onError?.(err as Error)
    }
  }, [parties, latest, become])

  const answer = useCallback(async (say: (redemption: Redemption) => Promise<Party>): Promise<Party | undefined> => {
    const mine = current.current

    if (mine == null) {
      const error = new CodeMissingError()
      setError(error)
      latest.current.onError?.(error)

      return undefined
    }

    try {
      setError(undefined)
      return await say(mine)
    } catch (err) {
      if (current.current === mine) {
        setError(err as Error)
      }
    }

    return undefined
  }, [latest])

  const setPin = useCallback(async (pin: string) => answer(async redemption => redemption.setPin(pin)), [answer])
  const accept = useCallback(async () => answer(async redemption => redemption.accept()), [answer])

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

  // its code has changed: nothing of it is shown, and it ends
  const isStale = begun !== NOTHING && begun.of !== options.code

  useEffect(() => {
    if (isStale) {
      become(NOTHING)
    }
  }, [isStale, become])

  const snapshot = useSnapshot(isStale ? undefined : begun.redemption)
  const cancel = useCallback(() => { current.current?.cancel().catch(() => {}) }, [])
  const decline = useCallback((reason?: string) => { current.current?.decline(reason).catch(() => {}) }, [])
  const reset = useCallback(() => { become(NOTHING) }, [become])

  return [redeemCode, setPin, {
    state: snapshot?.state ?? 'idle',
    preview: snapshot?.preview,
    attemptsLeft: snapshot?.attemptsLeft,
    progress: snapshot?.state === 'connecting' ? progress : undefined,
    comparison: snapshot?.comparison,
    accept,
    error: isStale ? undefined : error ?? snapshot?.error,
    party: snapshot?.party,
    cancel,
    decline,
    reset
  }]
}
