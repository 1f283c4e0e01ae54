/** Invitations as rows of a table. Pure. */
import { formatSpan } from './duration.js'
import { count, foreign, peerText } from './output.js'
import { cut, tableLines, widthOf } from './table.js'
import type { Style, Output } from './output.js'
import type { InvitationItem, InvitationStatus, Member } from 'plus-one'

/** Characters of an id that a table shows: enough to tell thousands apart. */
export const SHORT_ID = 8

const STYLES: Record<InvitationStatus, Style> = { pending: 'cyan', used: 'green', expired: 'dim', revoked: 'dim', declined: 'yellow', locked: 'red' }

/** An invitation in JSON events; without its code: who lists does not hand over. */
export function itemFields ({ code, ...fields }: InvitationItem): Record<string, unknown> {
  return fields
}

/**
 * A head and a line for each, in 60 columns, and one more for what little remains to be said; with `--verbose` nothing is cut, and all is said.
 *
 * @param now - ms since 1970
 */
export function itemLines (items: readonly InvitationItem[], people: readonly Member[], now: number, out: Output): string[] {
  const rows = items.map(item => cellsOf(item, now, out))
  // who it is for has what the others leave
  const others = HEAD.map((title, i) => Math.max(title.length, ...rows.map(row => widthOf(row[i] ?? ''))))
  const room = out.verbose ? Number.POSITIVE_INFINITY : WIDTH - others.reduce((sum, width) => sum + width + GAP, 0)
  const [head, ...lines] = tableLines([['FOR', ...HEAD].map(title => out.style('dim', title)), ...items.map((item, i) => [cut(namesIn(item, people, out), room), ...rows[i] ?? []])])

  return [head ?? '', ...items.flatMap((item, i) => [lines[i] ?? '', ...remarksOf(item, people, now, out)])]
}

/** The columns beside who it is for. */
const HEAD = ['STATUS', 'ROLE', 'USED', 'LEFT', 'ID']

/** Columns of a terminal that a row takes at most, beside an indent of 2; and those between two cells. */
const [WIDTH, GAP] = [58, 2]

/** Wrong PINs left that are worth a word. */
const FEW = 2

/** Who came by it; or else whom it is for: a person, or in the inviter's own words. */
function namesIn ({ usedBy, target, label }: InvitationItem, people: readonly Member[], out: Output): string {
  return usedBy.length > 0 ? usedBy.map(({ peerId }) => calledOf(peerId, people, out)).join(', ') : target == null ? foreign(label ?? '') || 'anyone' : calledOf(target, people, out)
}

function cellsOf ({ id, status, role, expiresAt, uses, usedBy }: InvitationItem, now: number, out: Output): string[] {
  return [
    out.style(STYLES[status], status),
    role,
    `${usedBy.length}/${uses}`,
    status !== 'pending' ? '' : expiresAt == null ? 'forever' : formatSpan(expiresAt - now, 'short'),
    out.verbose ? id : id.slice(0, SHORT_ID)
  ]
}

function remarksOf ({ status, createdBy, createdAt, attemptsLeft, reason = '', label = '', target, usedBy }: InvitationItem, people: readonly Member[], now: number, out: Output): string[] {
  const self = people.find(({ self }) => self)
  const isOwn = self?.peerId.equals(createdBy) === true
  const remarks = [
    ...(label !== '' && (usedBy.length > 0 || target != null) ? [foreign(label)] : []),
    ...(isOwn && !out.verbose ? [] : [`by ${calledOf(createdBy, people, out)}`]),
    ...(out.verbose ? [`made ${formatSpan(now - createdAt)} ago`] : []),
    ...(attemptsLeft != null && status === 'pending' && (out.verbose || attemptsLeft <= FEW) ? [`${count(attemptsLeft, 'wrong PIN')} left`] : []),
    ...(reason === '' ? [] : [`"${foreign(reason)}"`])
  ].join(', ')

  return remarks === '' ? [] : [`  ${out.style('dim', out.verbose ? remarks : cut(remarks, WIDTH - GAP))}`]
}

function calledOf (peerId: Member['peerId'], people: readonly Member[], out: Output): string {
  const member = people.find(other => other.peerId.equals(peerId))

  return member?.self === true ? 'you' : foreign(member?.profile.displayName ?? '') || peerText(peerId, out)
}
