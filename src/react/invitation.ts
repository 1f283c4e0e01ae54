import { useCallback, useEffect, useRef, useState } from 'react'
import { useParty } from './party.js'
import { useLatest, useSnapshot } from './store.js'
import type { Invitation, InvitationSnapshot, InvitationStatus, InviteOptions } from '../parties/index.js'

export interface UseInvitationOptions extends Omit<InviteOptions, 'signal'> {
  /** Takes the invitation back when the component is gone. @default false */
  cancelOnUnmount?: boolean
  /** The link's base. */
  linkBase?: string
}

export interface InvitationRest {
  /** undefined until it is made. */
  invitation?: Invitation
  status?: InvitationStatus
  snapshot?: InvitationSnapshot
  link?: string
  /** ms, by the second; undefined: it does not expire, or is not made yet. */
  timeLeft?: number
  attemptsLeft?: number
  /** Why it could not be made. */
  error?: Error
  cancel: () => Promise<void>
  /** Makes a fresh code and PIN for the same terms, as after a lock. */
  renew: () => void
}

/** One invitation of one mounted component: StrictMode's second mount finds the first one's. */
interface Made {
  partyKey: string
  turn: number
  promise: Promise<Invitation>
}

/**
 * Makes an invitation when the component is mounted, and follows it.
 *
 * @returns `[inviteCode, pin, rest]`; code and PIN are undefined until it is made
 * @throws {ProviderMissingError}
 */
export function useInvitation (partyKey: string | undefined, options: UseInvitationOptions = {}): [string | undefined, string | undefined, InvitationRest] {
  const party = useParty(partyKey)
  const latest = useLatest(options)
  const made = useRef<Made>(undefined)
  const mounted = useRef(false)
  const [turn, setTurn] = useState(0)
  const [invitation, setInvitation] = useState<Invitation>()
  const [error, setError] = useState<Error>()

  useEffect(() => {
    mounted.current = true

    if (party == null) {
      return
    }

    if (made.current?.partyKey !== party.key || made.current.turn !== turn) {
      const { role, expiration, uses, attempts } = latest.current

      made.current = {
        partyKey: party.key,
        turn,
        promise: party.invite({
          role,
          expiration,
          uses,
          attempts,
          onDone: join => { latest.current.onDone?.(join) },
          onJoin: join => { latest.current.onJoin?.(join) },
          onError: error => { latest.current.onError?.(error) },
          onExpiration: () => { latest.current.onExpiration?.() },
          onAttemptFailed: event => { latest.current.onAttemptFailed?.(event) }
        })
      }
    }

    const mine = made.current
    mine.promise.then((invitation) => {
      if (made.current === mine) {
        setInvitation(invitation)
        setError(undefined)
      }
    }, (err: Error) => {
      if (made.current === mine) {
        setError(err)
      }
    })

    return () => {
      mounted.current = false

      // StrictMode mounts again at once: only who stays away is gone
      setTimeout(() => {
        if (!mounted.current && latest.current.cancelOnUnmount === true) {
          mine.promise.then(async invitation => invitation.cancel()).catch(() => {})
        }
      })
    }
  }, [party, turn, latest])

  const snapshot = useSnapshot(invitation)
  const timeLeft = useTimeLeft(snapshot?.status === 'pending' ? snapshot.expiresAt : undefined)
  const cancel = useCallback(async () => invitation?.cancel(), [invitation])
  const renew = useCallback(() => { setTurn(turn => turn + 1) }, [])
  const isPending = snapshot?.status === 'pending'

  return [invitation?.code, isPending ? invitation?.pin : undefined, {
    invitation,
    status: snapshot?.status,
    snapshot,
    link: invitation?.link(options.linkBase),
    timeLeft,
    attemptsLeft: snapshot?.attemptsLeft,
    error,
    cancel,
    renew
  }]
}

function useTimeLeft (expiresAt: number | undefined): number | undefined {
  const [now, setNow] = useState(() => Date.now())

  useEffect(() => {
    if (expiresAt == null) {
      return
    }

    setNow(Date.now())
    const timer = setInterval(() => { setNow(Date.now()) }, 1_000)

    return () => { clearInterval(timer) }
  }, [expiresAt])

  return expiresAt == null ? undefined : Math.max(0, expiresAt - now)
}
