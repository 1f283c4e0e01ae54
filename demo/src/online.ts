import { useSyncExternalStore } from 'react'

let online = false
const listeners = new Set<() => void>()

export function setOnline (now: boolean): void {
  online = now
  listeners.forEach(listener => { listener() })
}

/** Can others reach this page? */
export function useOnline (): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => { listeners.delete(listener) }
  }, () => online)
}
