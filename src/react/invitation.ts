import { useCallback, useEffect, useRef, useState } from 'react'
import { useParty } from './party.js'
import { usePartiesService } from './provider.js'
import { useLatest, useSnapshot } from './store.js'
import type { Candidate, DeviceInviteOptions, Invitation, InvitationCallbacks, InvitationSnapshot, InvitationStatus, InviteOptions } from '../interface/index.js'
import type { PeerId } from '@libp2p/interface'

interface OfHook {
  /** Takes the invitation back when the component is gone. @default false */
  cancelOnUnmount?: boolean
  /** The link's base. */
  linkBase?: string
}

/** As `InviteOptions`, and who is told. */
export interface UseInvitationOptions extends Omit<InviteOptions, 'signal' | keyof InvitationCallbacks>, InvitationCallbacks, OfHook {}
/** As `DeviceInviteOptions`, and who is told. */
export interface UseDeviceInvitationOptions extends Omit<DeviceInviteOptions, 'signal' | keyof InvitationCallbacks>, InvitationCallbacks, OfHook {}

/** What an invitation is, beside code and PIN. */
export interface InvitationRest {
  /** undefined until it is made. */
  invitation?: Invitation
  status?: InvitationStatus
  snapshot?: InvitationSnapshot
  link?: string
  /** ms, by the second; undefined: it does not expire, or is not made yet. */
  timeLeft?: number
  attemptsLeft?: number
  /** Who waits for a yes: with `approve` or `approval`. */
  candidates: readonly Candidate[]
  /** Says yes to a candidate. @returns Does it still wait? */
  admit: (candidate: PeerId) => boolean
  /** Says no to a candidate. @returns Does it still wait? */
  refuse: (candidate: PeerId) => boolean
  /** Four words to be said aloud, once `publish` has made them; others when these were guessed at too often. A secret. */
  shortCode?: string
  /** Makes the short code; a failure lands in `error`. */
  publish: () => Promise<void>
  /** Why it could not be made, renewed or published. */
  error?: Error
  /** Ends it. */
  cancel: () => Promise<void>
  /** A fresh code and PIN for the same terms, as after a lock: see `Invitation.renew`. */
  renew: () => void
}

/** One invitation of one mounted component: StrictMode's second mount finds the first one's. */
interface Made {
  /** Into what. */
  into: string
  turn: number
  promise: Promise<Invitation>
}

const NOBODY: readonly Candidate[] = []

/**
 * Makes an invitation when the component is mounted, and follows it.
 *
 * @returns `[inviteCode, pin, rest]`; code and PIN are undefined until it is made
 * @throws {ProviderMissingError}
 */
export function useInvitation (partyKey: string | undefined, options: UseInvitationOptions = {}): [string | undefined, string | undefined, InvitationRest] {
  const party = useParty(partyKey)

  return useMade(party, party?.key ?? '', options)
}

/**
 * Makes an invitation for a device of one's own when the component is mounted, and follows it: as `useInvitation`.
 *
 * @throws {ProviderMissingError}
 */
export function useDeviceInvitation (options: UseDeviceInvitationOptions = {}): [string | undefined, string | undefined, InvitationRest] {
  return useMade(usePartiesService().person, 'person', options)
}

/** @param into - Names the inviter: another one's invitation is another */
function useMade (inviter: { invite: (options: InviteOptions) => Promise<Invitation> } | undefined, into: string, options: UseInvitationOptions): [string | undefined, string | undefined, InvitationRest] {
  const latest = useLatest(options)
  const made = useRef<Made>(undefined)
  const mounted = useRef(false)
  const [turn, setTurn] = useState(0)
  const [invitation, setInvitation] = useState<Invitation>()
  const [error, setError] = useState<Error>()

  useEffect(() => {
    mounted.current = true

    if (inviter == null) {
      return
    }

    if (made.current?.into !== into || made.current.turn !== turn) {
      const { role, expiration, uses, attempts, pin, approval, to, data, label } = latest.current
      const callbacks: InvitationCallbacks = {
        onDone: join => { latest.current.onDone?.(join) },
        onJoin: join => { latest.current.onJoin?.(join) },
        onError: error => { latest.current.onError?.(error) },
        onExpiration: () => { latest.current.onExpiration?.() },
        onAttemptFailed: event => { latest.current.onAttemptFailed?.(event) },
        onDecline: event => { latest.current.onDecline?.(event) },
        onShortCode: shortCode => { latest.current.onShortCode?.(shortCode) },
        ...(latest.current.approve == null ? {} : { approve: async (candidate, options) => latest.current.approve?.(candidate, options) })
      }
      const before = made.current?.into === into ? made.current.promise.catch(() => undefined) : undefined

      made.current = {
        into,
        turn,
        promise: (async () => before)().then(async invitation => invitation == null
          ? inviter.invite({ role, expiration, uses, attempts, pin, approval, to, data, label, ...callbacks })
          : invitation.renew(callbacks))
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
  }, [inviter, into, turn, latest])

  const snapshot = useSnapshot(invitation)
  const timeLeft = useTimeLeft(snapshot?.status === 'pending' ? snapshot.expiresAt : undefined)
  const cancel = useCallback(async () => invitation?.cancel(), [invitation])
  const renew = useCallback(() => { setTurn(turn => turn + 1) }, [])
  const admit = useCallback((candidate: PeerId) => invitation?.admit(candidate) ?? false, [invitation])
  const refuse = useCallback((candidate: PeerId) => invitation?.refuse(candidate) ?? false, [invitation])
  const publish = useCallback(async () => invitation?.publish().then(() => { setError(undefined) }, (err: Error) => { setError(err) }), [invitation])
  const isPending = snapshot?.status === 'pending'

  return [invitation?.code, isPending ? invitation?.pin : undefined, {
    invitation,
    status: snapshot?.status,
    snapshot,
    link: invitation?.link(options.linkBase),
    timeLeft,
    attemptsLeft: snapshot?.attemptsLeft,
    candidates: snapshot?.candidates ?? NOBODY,
    admit,
    refuse,
    shortCode: isPending ? invitation?.shortCode : undefined,
    publish,
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
