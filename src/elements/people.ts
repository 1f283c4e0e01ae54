/** What people and times are called. */
import { html } from 'lit/html.js'
import { foreign } from './foreign.js'
import type { Member } from '../interface/index.js'

/** What they call themselves, or the end of their key. */
export function nameOf ({ peerId, profile }: Pick<Member, 'peerId' | 'profile'>): string {
  const name = foreign(profile.displayName ?? '')

  return name === '' ? `…${peerId.toString().slice(-6)}` : name
}

/** A name in a sentence of whatever direction. */
export function bdi (name: string): unknown {
  return html`<bdi>${foreign(name)}</bdi>`
}

/** What is left until then, as 9:58, or 1:09:58. @param moment - ms since 1970 */
export function leftUntil (moment: number, now = Date.now()): string {
  const seconds = Math.max(0, Math.ceil((moment - now) / 1000))
  const two = (n: number): string => n.toString().padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]

  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}
