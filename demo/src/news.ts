/** What has happened since the page was loaded, for whoever looks at whatever screen: each item once, new until it was seen. */
import { foreign } from 'plus-one/elements'
import { useSyncExternalStore } from 'react'
import { hrefOf } from './routes.js'
import { setUnseen } from './title.js'
import type { Route } from './routes.js'

/** Good news is green, bad news is red, and what needs an answer or a second thought is neither. */
export type Tone = 'good' | 'info' | 'warning' | 'bad'

/** Text, and names in it: those are somebody's, and may be of any direction. */
export type Part = string | { name: string }

export interface NewsItem {
  id: number
  tone: Tone
  /** Asked for whenever it is shown: a member's name may come after the member. */
  parts: () => Part[]
  /** ms since 1970 */
  at: number
  /** The party that has a badge for it. */
  partyKey?: string
  /** Where one can do something about it, and what that is called. */
  link?: { to: Route, text: string }
  /** It goes when this is over, not when it was seen: somebody waits. */
  isWaiting: boolean
  seen: boolean
  /** Shown over the screen. */
  open: boolean
}

export type Told = Omit<NewsItem, 'id' | 'at' | 'seen' | 'open' | 'isWaiting'>

/** So many are kept, and all who wait for an answer. */
const KEPT = 200

let items: readonly NewsItem[] = []
let last = 0
const listeners = new Set<() => void>()
const tellers = new Set<(item: NewsItem) => void>()

function set (next: readonly NewsItem[]): void {
  items = next
  setUnseen(items.filter(({ seen }) => !seen).length)
  listeners.forEach(listener => { listener() })
}

function change (matches: (item: NewsItem) => boolean, to: Partial<NewsItem>): void {
  if (items.some(item => matches(item) && Object.entries(to).some(([key, value]) => item[key as keyof NewsItem] !== value))) {
    set(items.map(item => matches(item) ? { ...item, ...to } : item))
  }
}

/** What was seen goes first, then what is neither bad nor a warning, the oldest of it: nobody pushes out what matters by making more of what does not. */
function kept (all: readonly NewsItem[]): readonly NewsItem[] {
  const worth = ({ seen, tone, isWaiting }: NewsItem): number => isWaiting ? 3 : seen ? 0 : tone === 'good' || tone === 'info' ? 1 : 2
  const others = all.filter(({ isWaiting }) => !isWaiting).sort((a, b) => worth(b) - worth(a))
  const gone = new Set(others.slice(KEPT))

  return gone.size === 0 ? all : all.filter(item => !gone.has(item))
}

/** @returns Its id */
export function tell (told: Told, isWaiting = false): number {
  const item: NewsItem = { ...told, id: ++last, at: Date.now(), isWaiting, seen: false, open: true }
  set(kept([item, ...items]))
  tellers.forEach(teller => { teller(item) })

  return item.id
}

/**
 * More of the same: as long as the last item of it was not seen, or is on the screen, that one says it, with no other toast or notification.
 *
 * @param id - That item's
 * @returns The id of the item that says it now
 */
export function tellMore (id: number, told: Told): number {
  if (!items.some(item => item.id === id && (item.open || !item.seen))) {
    return tell(told)
  }

  change(item => item.id === id, told)

  return id
}

/** Whoever waited does so no more. */
export function settle (id: number): void {
  set(items.filter(item => item.id !== id))
}

/** Takes it off the screen; it stays in the list. */
export function dismiss (id: number): void {
  change(item => item.id === id, { open: false, seen: true })
}

/** Takes it off the screen by itself: who did not look finds it new in the list. */
export function fold (id: number): void {
  change(item => item.id === id, { open: false })
}

/** What was told of a screen, or of its party, is seen where that is looked at; all is, in the list. */
export function see (route: Route): void {
  const isOf = ({ partyKey, link }: NewsItem): boolean => route.at === 'news' || (route.at === 'party' && partyKey === route.key) || (link != null && hrefOf(link.to) === hrefOf(route))

  change(item => !item.isWaiting && isOf(item), { seen: true })
}

/** Calls `teller` for each new item, as a notification would be. */
export function onNews (teller: (item: NewsItem) => void): () => void {
  tellers.add(teller)

  return () => { tellers.delete(teller) }
}

/** Newest first. */
export function useNews (): readonly NewsItem[] {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => { listeners.delete(listener) }
  }, () => items)
}

/** A sentence with names in it, whoever chose them. */
export function say (texts: TemplateStringsArray, ...names: string[]): Part[] {
  return texts.flatMap((text, i) => [text, ...(i < names.length ? [{ name: foreign(names[i] as string) }] : [])]).filter(part => part !== '')
}

export function textOf (parts: Part[]): string {
  return parts.map(part => typeof part === 'string' ? part : part.name).join('')
}
