import { Fragment, useState } from 'react'
import { useBusy } from './busy.js'
import { cancelSoon, undo, useCancelling } from './cancelling.js'
import { whoIs } from './people.js'
import { hrefOf } from './routes.js'
import type { Tone } from './news.js'
import type { Invitation, InvitationItem, InvitationStatus, Member, Party } from 'plus-one'

/** `none`: what a list without any says. */
export const STATUSES: Record<InvitationStatus, { text: string, tone: Tone | 'none', none: string }> = {
  pending: { text: 'Open', tone: 'info', none: 'No open invitations.' },
  used: { text: 'Joined', tone: 'good', none: 'Nobody has joined by an invitation yet.' },
  expired: { text: 'Expired', tone: 'none', none: 'No expired invitations.' },
  revoked: { text: 'Cancelled', tone: 'none', none: 'No cancelled invitations.' },
  declined: { text: 'Declined', tone: 'warning', none: 'No declined invitations.' },
  locked: { text: 'Locked', tone: 'bad', none: 'No locked invitations.' }
}

interface RowProps {
  item: InvitationItem
  party: Party
  people: readonly Member[]
}

/** One invitation: for whom, what came of it, and what one can do about it. */
export function InvitationRow ({ item, party, people }: RowProps) {
  const { id, status, role, label, target } = item
  const own = party.invitations.get(id)
  const isCancelling = useCancelling(id)
  const [labelling, setLabelling] = useState(false)
  const { text, tone } = STATUSES[status]
  const name = label ?? (target == null ? undefined : `for ${whoIs(target, people)}`)

  return (
    <li>
      <div className="what">
        <b dir="auto">{name ?? `Invitation as ${role}`}</b>
        <span className={`chip ${tone}`}>{text}</span>
        {story(item, people).map((line, i) => <small key={i}>{line}</small>)}
      </div>
      {isCancelling && status === 'pending'
        ? <p className="row" role="status">Cancelling… <button autoFocus onClick={() => { undo(id) }}>Undo</button></p>
        : (
            <div className="row">
              {status === 'pending' && own != null && <a className="button" href={hrefOf({ at: 'party', key: party.key, invite: id })}>Show</a>}
              {own != null && !labelling && <button onClick={() => { setLabelling(true) }}>{label == null ? 'Add a label' : 'Change label'}</button>}
              {status === 'pending' && <button onClick={() => { cancelSoon(party, id) }}>Cancel invitation</button>}
            </div>
          )}
      {labelling && own != null && <Label invitation={own} onDone={() => { setLabelling(false) }} />}
    </li>
  )
}

/** For whom it is, in one's own words. */
function Label ({ invitation, onDone }: { invitation: Invitation, onDone: () => void }) {
  const [typed, setTyped] = useState(invitation.label)
  const { busy, problem, run } = useBusy()
  const id = `label-${invitation.id}`

  return (
    <form className="bare" onSubmit={(event) => { event.preventDefault(); run(async () => invitation.setLabel(typed.trim()), onDone) }}>
      <label htmlFor={id}>Label, as “for Bob”: only you see it, on this device</label>
      <div className="row">
        <input id={id} dir="auto" autoFocus value={typed} maxLength={60} onChange={({ target }) => { setTyped(target.value) }} />
        <button className="primary" disabled={busy}>Save</button>
        <button type="button" onClick={onDone}>Cancel</button>
      </div>
      {problem != null && <p role="alert" className="problem">{problem.message}.</p>}
    </form>
  )
}

/** The time today, the day and the time before. */
function at (time: number): string {
  const date = new Date(time)

  return date.toDateString() === new Date().toDateString() ? date.toLocaleTimeString([], { timeStyle: 'short' }) : date.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })
}

/** Who and when, a line for each. */
function story ({ label, target, role, createdBy, createdAt, expiresAt, uses, usedBy, status, revokedBy, reason, attemptsLeft }: InvitationItem, people: readonly Member[]): React.ReactNode[] {
  const who = (peerId: Member['peerId']): React.ReactNode => <bdi>{whoIs(peerId, people)}</bdi>

  return [
    <>{label == null && target == null ? 'Made' : `As ${role}, made`} by {who(createdBy)}, {at(createdAt)}{status === 'pending' && expiresAt != null ? `; open until ${at(expiresAt)}` : ''}</>,
    usedBy.length > 0 && <>Joined{uses > 1 ? ` (${usedBy.length} of ${uses})` : ''}: {usedBy.map(({ peerId, at: time }, i) => <Fragment key={i}>{i > 0 && '; '}{who(peerId)}, {at(time)}</Fragment>)}</>,
    uses > 1 && usedBy.length === 0 && status === 'pending' && <>Nobody of {uses} joined yet</>,
    status === 'pending' && attemptsLeft != null && attemptsLeft < 3 && <>{attemptsLeft === 1 ? '1 attempt' : `${attemptsLeft} attempts`} at the PIN left</>,
    status === 'revoked' && revokedBy != null && <>Cancelled by {who(revokedBy)}</>,
    status === 'locked' && <>Too many wrong PINs</>,
    reason != null && reason !== '' && <>“<bdi>{reason}</bdi>”</>
  ].filter(line => line !== false)
}
