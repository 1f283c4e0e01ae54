/** Invitations as rows of a table. Pure. */
import { formatExpiration, formatSpan } from './duration.js'
import { foreign, shortPeer } from './output.js'
import type { Style, Output } from './output.js'
import type { InvitationItem, InvitationStatus, Member } from 'plus-one'

/** Characters of an id that a table shows: enough to tell thousands apart. */
export const SHORT_ID = 8

const STYLES: Record<InvitationStatus, Style> = { pending: 'cyan', used: 'green', expired: 'dim', revoked: 'dim', declined: 'yellow', locked: 'red' }

/** An invitation in JSON events; without its code: who lists does not hand over. */
export function itemFields ({ code, ...fields }: InvitationItem): Record<string, unknown> {
  return fields
}

/** A head, and one line for each. */
export function itemLines (items: readonly InvitationItem[], people: readonly Member[], now: number, out: Output): string[] {
  const rows = items.map(item => ({ item, cells: cellsOf(item, people, now) }))
  const widths = HEAD.map((title, i) => Math.max(title.length, ...rows.map(({ cells }) => cells[i]?.length ?? 0)))
  const line = (cells: string[], style: (cell: string, column: number) => string): string => cells.map((cell, i) => style(cell.padEnd(widths[i] ?? 0), i)).join('  ').trimEnd()

  return [
    line(HEAD, cell => out.style('dim', cell)),
    ...rows.map(({ item, cells }) => line(cells, (cell, column) => column === STATUS ? out.style(STYLES[item.status], cell) : cell))
  ]
}

const HEAD = ['ID', 'STATUS', 'ROLE', 'BY', 'MADE', 'EXPIRES', 'USES', 'PINS LEFT', 'WHO']
const STATUS = HEAD.indexOf('STATUS')

function cellsOf ({ id, status, role, createdBy, createdAt, expiresAt, uses, usedBy, attemptsLeft, target, reason = '' }: InvitationItem, people: readonly Member[], now: number): string[] {
  const who = [
    ...usedBy.map(({ peerId }) => shortName(peerId, people)),
    ...(target != null && usedBy.length === 0 ? [`for ${shortName(target, people)}`] : []),
    ...(reason === '' ? [] : [`"${foreign(reason)}"`])
  ]

  return [
    id.slice(0, SHORT_ID),
    status,
    role,
    shortName(createdBy, people),
    `${formatSpan(now - createdAt)} ago`,
    status === 'pending' ? formatExpiration(expiresAt, now) : '',
    `${usedBy.length}/${uses}`,
    attemptsLeft == null || status !== 'pending' ? '' : String(attemptsLeft),
    who.join(', ')
  ]
}

function shortName (peerId: Member['peerId'], people: readonly Member[]): string {
  const member = people.find(other => other.peerId.equals(peerId))
  const name = member?.self === true ? 'you' : foreign(member?.profile.displayName ?? '')

  return name === '' ? shortPeer(peerId) : name
}
