/** Invitations that are about to be cancelled: for some seconds one can undo it. */
import { useSyncExternalStore } from 'react'
import { tell } from './news.js'
import type { PeerId } from '@libp2p/interface'
import type { Parties, Party } from 'plus-one'

/** How long one can undo it, ms. */
export const UNDO_TIME = 6_000

/** Where ids of those that are left to do lie, with their parties' keys: a page that is closed meanwhile does it when it is opened. Each of a browser's people has their own. */
let place = ''

interface Cancelling {
  party: Party
  timer: ReturnType<typeof setTimeout>
}

const waiting = new Map<string, Cancelling>()
const listeners = new Set<() => void>()
let ids: readonly string[] = []

function changed (): void {
  ids = [...waiting.keys()]
  localStorage.setItem(place, JSON.stringify([...waiting].map(([id, { party }]) => [party.key, id])))
  listeners.forEach(listener => { listener() })
}

/** Cancels an invitation, unless that is undone in time. */
export function cancelSoon (party: Party, id: string): void {
  if (!waiting.has(id)) {
    waiting.set(id, { party, timer: setTimeout(() => { cancel(party, id) }, UNDO_TIME) })
    changed()
  }
}

export function undo (id: string): void {
  clearTimeout(waiting.get(id)?.timer)
  waiting.delete(id)
  changed()
}

function cancel (party: Party, id: string): void {
  party.revoke(id).catch(({ message }: Error) => {
    tell({ tone: 'bad', partyKey: party.key, link: { to: { at: 'party', key: party.key }, text: 'Open' }, parts: () => ['An invitation could not be cancelled, and is still open: ', `${message}.`] })
  }).finally(() => { undo(id) })
}

/** Leaves what is left to do to the tab that takes this person over. */
export function leaveCancelling (): void {
  waiting.forEach(({ timer }) => { clearTimeout(timer) })
  waiting.clear()
}

/** Does what was left to do when the page was closed: until now nobody could join through it. @param self - Whose page it is */
export async function cancelLeft (parties: Parties, self: PeerId): Promise<void> {
  place = `cancelling/${self.toString()}`
  const left = JSON.parse(localStorage.getItem(place) ?? '[]') as Array<[string, string]>
  const all = await parties.list()

  for (const [key, id] of left) {
    const party = all.find(party => party.key === key)

    if (party != null) {
      waiting.set(id, { party, timer: setTimeout(() => {}) })
      cancel(party, id)
    }
  }

  changed()
}

/** Is this one about to be cancelled? */
export function useCancelling (id: string): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => { listeners.delete(listener) }
  }, () => ids).includes(id)
}
