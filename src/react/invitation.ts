import { useCallback, useEffect, useRef, useState } from 'react'
import { findLeft, Made } from './made.js'
import { useFound } from './party.js'
import { usePartiesService } from './provider.js'
import { useLatest, useSnapshot } from './store.js'
import type { Inviter } from './made.js'
import type { Candidate, DeviceInviteOptions, Invitation, InvitationCallbacks, InvitationSnapshot, InvitationStatus, InviteOptions } from '../interface/index.js'
import type { PeerId } from '@libp2p/interface'

interface OfHook {
  /** Takes the invitation back when the component is gone. @default false */
  cancelOnUnmount?: boolean
  /** Each mount makes another one, also where one of the same terms was left open. @default is `cancelOnUnmount` true? */
  fresh?: boolean
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

/** What a component shows of the inviter that it was given last. */
interface Shown {
  inviter: Inviter
  /** undefined: it was over before it was made, or could not be made. */
  invitation?: Invitation
  isExpired?: boolean
  error?: Error
}

const NOBODY: readonly Candidate[] = []

/**
 * Makes an invitation when the component is mounted, and follows it. A component that is mounted again, as a page that one comes back to,
 * shows the one that was made on the same terms before, while it is pending and nobody else shows it; `fresh` and `renew` make another.
 *
 * A party that this node has not got is an error until it is there, and told to `onError`; so is whatever else keeps an invitation from
 * being made. A time that is over is told to `onExpiration`.
 *
 * @returns `[inviteCode, pin, rest]`; code and PIN are undefined until it is made
 * @throws {ProviderMissingError}
 */
export function useInvitation (partyKey: string | undefined, options: UseInvitationOptions = {}): [string | undefined, string | undefined, InvitationRest] {
  const found = useFound(partyKey)
  const party = found instanceof Error ? undefined : found
  useSnapshot(party)

  return useMade(party, options, found instanceof Error ? found : undefined)
}

/**
 * Makes an invitation for a device of one's own when the component is mounted, and follows it: as `useInvitation`.
 *
 * @throws {ProviderMissingError}
 */
export function useDeviceInvitation (options: UseDeviceInvitationOptions = {}): [string | undefined, string | undefined, InvitationRest] {
  return useMade(usePartiesService().person, options)
}

/** @param missing - Why there is no inviter, where that is known */
function useMade (inviter: Inviter | undefined, options: UseInvitationOptions, missing?: Error): [string | undefined, string | undefined, InvitationRest] {
  const latest = useLatest(options)
  const held = useRef<{ made: Made, turn: number }>(undefined)
  const told = useRef<Error>(undefined)
  const mounted = useRef(false)
  const [turn, setTurn] = useState(0)
  const [known, setShown] = useState<Shown>()
  const shown = known?.inviter === inviter ? known : undefined

  useEffect(() => {
    if (missing == null) {
      told.current = undefined
    } else if (told.current !== missing) {
      told.current = missing
      latest.current.onError?.(missing)
    }
  }, [missing, latest])

  useEffect(() => {
    mounted.current = true

    if (inviter == null) {
      return
    }

    const { cancelOnUnmount = false, fresh = cancelOnUnmount } = latest.current
    const before = held.current?.made.inviter === inviter ? held.current : undefined

    if (before?.turn !== turn) {
      held.current = { made: (before == null && !fresh ? findLeft(inviter, latest.current) : undefined) ?? new Made(inviter, latest, before?.made), turn }
    }

    const { made } = held.current as { made: Made }
    const isMine = (): boolean => held.current?.made === made
    made.take(latest)
    made.promise.then((invitation) => {
      if (isMine()) {
        setShown({ inviter, invitation, isExpired: invitation == null })
      }
    }, (error: Error) => {
      if (isMine()) {
        setShown(before => ({ ...(before?.inviter === inviter ? before : { inviter }), error }))
      }
    })

    return () => {
      mounted.current = false
      const { cancelOnUnmount = false, fresh = cancelOnUnmount } = latest.current

      if (!fresh) {
        made.leave()
      }

      // StrictMode mounts again at once: only who stays away is gone
      setTimeout(() => {
        if (cancelOnUnmount && (!mounted.current || held.current?.made.inviter !== inviter)) {
          made.promise.then(async invitation => invitation?.cancel()).catch(() => {})
        }
      })
    }
  }, [inviter, turn, latest])

  const { invitation, isExpired = false } = shown ?? {}
  const snapshot = useSnapshot(invitation)
  const timeLeft = useTimeLeft(snapshot?.status === 'pending' ? snapshot.expiresAt : undefined)
  const cancel = useCallback(async () => invitation?.cancel(), [invitation])
  const renew = useCallback(() => { setTurn(turn => turn + 1) }, [])
  const admit = useCallback((candidate: PeerId) => invitation?.admit(candidate) ?? false, [invitation])
  const refuse = useCallback((candidate: PeerId) => invitation?.refuse(candidate) ?? false, [invitation])
  const publish = useCallback(async () => {
    const setError = (error?: Error): void => { setShown(shown => shown?.invitation === invitation && shown != null ? { ...shown, error } : shown) }
    await invitation?.publish().then(() => { setError() }, setError)
  }, [invitation])
  const isPending = snapshot?.status === 'pending'

  return [invitation?.code, isPending ? invitation?.pin : undefined, {
    invitation,
    status: isExpired ? 'expired' : snapshot?.status,
    snapshot,
    link: invitation?.link(options.linkBase),
    timeLeft,
    attemptsLeft: snapshot?.attemptsLeft,
    candidates: snapshot?.candidates ?? NOBODY,
    admit,
    refuse,
    shortCode: isPending ? invitation?.shortCode : undefined,
    publish,
    error: missing ?? shown?.error,
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
