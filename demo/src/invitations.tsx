import { useState } from 'react'
import { useInvitations } from 'plus-one/react'
import { InvitationRow, STATUSES } from './invitation-row.js'
import { usePaged } from './paged.js'
import { whoIs } from './people.js'
import type { InvitationItem, InvitationStatus, Member, Party } from 'plus-one'

/** Rows that are read at once: they are searched here. */
const LIMIT = 1000

/** The invitations of all who may invite here, as they change. */
export function InvitationsList ({ party, people }: { party: Party, people: readonly Member[] }) {
  const [status, setStatus] = useState<InvitationStatus | 'all'>('pending')
  const { invitations, loading, hasMore, error, refetch, fetchMore } = useInvitations(party.key, { status, limit: LIMIT })
  const { rows, search, more } = usePaged(invitations, item => textOf(item, people), 'Search invitations')

  return (
    <section aria-labelledby="invitations">
      <div className="row">
        <h2 id="invitations">Invitations <span className="count">{invitations.length}{hasMore ? '+' : ''}</span></h2>
        <select aria-label="Which" value={status} onChange={({ target }) => { setStatus(target.value as typeof status) }}>
          <option value="all">All</option>
          {Object.entries(STATUSES).map(([status, { text }]) => <option key={status} value={status}>{text}</option>)}
        </select>
      </div>
      {error != null && <p role="alert" className="problem">{error.message}. <button onClick={() => { refetch().catch(() => {}) }}>Try again</button></p>}
      {search}
      {invitations.length === 0 && <p className="hint">{loading ? 'Loading…' : status === 'all' ? 'No invitations yet.' : STATUSES[status].none}</p>}
      <ul className="invitations" aria-label="Invitations">
        {rows.map(item => <InvitationRow key={item.id} item={item} party={party} people={people} />)}
      </ul>
      {more}
      {hasMore && <button onClick={() => { fetchMore().catch(() => {}) }}>Load older ones</button>}
    </section>
  )
}

/** What of an invitation is searched. */
function textOf ({ label, role, createdBy, target, usedBy, reason }: InvitationItem, people: readonly Member[]): string {
  return [label, role, reason, ...[createdBy, target, ...usedBy.map(({ peerId }) => peerId)].map(peerId => peerId == null ? '' : whoIs(peerId, people))].join(' ')
}
