/** Which screen is shown: the address says it, so that a reload stays there and Back goes back. */
import { useMemo, useSyncExternalStore } from 'react'

export type Route =
  | { at: 'home' | 'devices' | 'recovery' | 'recover' | 'news' }
  /** The invitation by its code, which the tab remembers: a code is in no address. */
  | { at: 'join' }
  /** A direct invitation, by who sent it. */
  | { at: 'received', from: string }
  /** `invite`: the sheet of an invitation is open, of that with this id, or of a new one: `new`. */
  | { at: 'party', key: string, invite?: string }

const PLACES = ['devices', 'recovery', 'recover', 'news', 'join'] as const

/** A fragment: any server that has the page will do, and none sees where one is. */
export function hrefOf (route: Route): string {
  switch (route.at) {
    case 'home': return '#/'
    case 'received': return `#/received/${route.from}`
    case 'party': return `#/party/${route.key}${route.invite == null ? '' : `/invite/${route.invite}`}`
    default: return `#/${route.at}`
  }
}

/** What is no screen of this page leads home. */
export function routeOf (hash: string): Route {
  const [place, name, part, invite] = hash.replace(/^#\//, '').split('/')

  if (place === 'party' && name != null && name !== '') {
    return { at: 'party', key: name, ...(part === 'invite' && invite != null ? { invite } : {}) }
  }

  if (place === 'received' && name != null && name !== '') {
    return { at: 'received', from: name }
  }

  return { at: PLACES.find(known => known === place) ?? 'home' }
}

const listeners = new Set<() => void>()
let moves = 0

function moved (): void {
  moves++
  listeners.forEach(listener => { listener() })
}

// links, Back and Forward
addEventListener('popstate', moved)

export function go (route: Route, { replace = false } = {}): void {
  if (location.hash !== hrefOf(route)) {
    history[replace ? 'replaceState' : 'pushState'](null, '', hrefOf(route))
    moved()
  }
}

/** A screen's. */
let shown = ''

/** An invitation's link, which another takes the place of at once (`asked.ts`), leaves the screen as it is: who is joining stays there, and sees what comes. */
function fragment (): string {
  const { hash } = location
  shown = hash === '' || hash.startsWith('#/') ? hash : shown

  return shown
}

export function useRoute (): Route {
  const hash = useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => { listeners.delete(listener) }
  }, fragment)

  return useMemo(() => routeOf(hash), [hash])
}

/** Was another screen shown before? Then the new one says where one is; a page that was just loaded begins at its top. */
export const hasMoved = (): boolean => moves > 0
