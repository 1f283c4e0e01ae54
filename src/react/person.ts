import { useCallback, useEffect, useRef, useState } from 'react'
import { usePartiesService } from './provider.js'
import { useSnapshot } from './store.js'
import type { Device, Parties } from '../interface/index.js'

const NONE: readonly Device[] = []

/**
 * This node's person. Renders again when anything of it changes.
 *
 * @throws {ProviderMissingError}
 */
export function usePerson (): Parties['person'] {
  const { person } = usePartiesService()
  useSnapshot(person)

  return person
}

/**
 * The devices of this node's person, live, this one first; `usePerson()` has `tryUnlink`, `unlink` and `setDeviceName`, and
 * `useDeviceInvitation` takes in another one.
 *
 * @throws {ProviderMissingError}
 */
export function useDevices (): readonly Device[] {
  return useSnapshot(usePartiesService().person)?.devices ?? NONE
}

/** What one does with the recovery words. */
export interface RecoveryRest {
  /** False: the words are still on this device. Remind of them until they are confirmed. */
  isConfirmed: boolean
  /** Which two words `confirm` asks for, from 1 to 12; undefined: the words are not here. */
  asked?: readonly [number, number]
  /** While they are shown: a secret. The hook holds them until `hide`, `confirm`, or the component is gone. */
  words?: readonly string[]
  /** Why they could not be shown, or confirmed. */
  error?: Error
  /** Reads them from the store. */
  show: () => Promise<void>
  /** Drops them from memory. */
  hide: () => void
  /** Wipes the words from this device, if these are the two. @returns Are they? */
  confirm: (words: readonly [string, string]) => Promise<boolean>
}

/**
 * The recovery words of this node's person: shown when asked for, and wiped when they were written down. Nothing rejects: errors land in `error`.
 *
 * @throws {ProviderMissingError}
 */
export function useRecovery (): RecoveryRest {
  const { person } = usePartiesService()
  // a server has none to remind of
  const isConfirmed = useSnapshot(person)?.isConfirmed ?? true
  const [words, setWords] = useState<readonly string[]>()
  const [error, setError] = useState<Error>()
  /** Whether they are wanted, when they come. */
  const wanted = useRef<AbortController>(undefined)

  const hide = useCallback((): void => {
    wanted.current?.abort()
    setWords(undefined)
  }, [])

  const show = useCallback(async (): Promise<void> => {
    wanted.current?.abort()
    const mine = new AbortController()
    wanted.current = mine
    setError(undefined)

    try {
      const words = await person.recovery.words({ signal: mine.signal })

      if (!mine.signal.aborted) {
        setWords(words)
      }
    } catch (err) {
      if (!mine.signal.aborted) {
        setError(err as Error)
      }
    }
  }, [person])

  const confirm = useCallback(async (two: readonly [string, string]): Promise<boolean> => {
    setError(undefined)

    try {
      await person.recovery.confirm(two)
      hide()

      return true
    } catch (err) {
      setError(err as Error)

      return false
    }
  }, [person, hide])

  // those of one person are not shown as another's, nor kept by who is gone
  useEffect(() => hide, [person, hide])

  return { isConfirmed, asked: isConfirmed ? undefined : person.recovery.asked, words, error, show, hide, confirm }
}
