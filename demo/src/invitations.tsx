import { useState } from 'react'
import { useInvitations } from 'plus-one/react'
import { whoIs } from './people.js'
import { hrefOf } from './routes.js'
import type { InvitationItem, InvitationStatus, Member, Party } from 'plus-one'

const STATUSES = ['pending', 'used', 'expired', 'revoked', 'declined', 'locked'] as const satisfies InvitationStatus[]

/** The invitations of all who may invite here, as they change. */
export function InvitationsList ({ party, people }: { party: Party, people: readonly Member[] }) {
  const [status, setStatus] = useState<InvitationStatus | 'all'>('pending')
  const { invitations, loading, loadingMore, hasMore, error, refetch, fetchMore, applyOptimistic } = useInvitations(party.key, { status, limit: 10 })
  const [problem, setProblem] = useState<Error>()

  const revoke = (id: string): void => {
    // seen at once; taken back if it may not be
    const undo = applyOptimistic(rows => rows.flatMap(row => row.id !== id || row.status !== 'pending' ? [row] : status === 'pending' ? [] : [{ ...row, status: 'revoked' }]))
    setProblem(undefined)
    party.revoke(id).catch((err: Error) => {
      undo()
      setProblem(err)
    })
  }

  return (
    <section aria-labelledby="invitations">
      <div className="row">
        <h2 id="invitations">Invitations</h2>
        <select aria-label="Which" value={status} onChange={({ target }) => { setStatus(target.value as typeof status) }}>
          {['all', ...STATUSES].map(status => <option key={status}>{status}</option>)}
        </select>
      </div>
      {(problem ?? error) != null && <p role="alert" className="problem">{(problem ?? error)?.message}. <button onClick={() => { setProblem(undefined); refetch().catch(() => {}) }}>Again</button></p>}
      {invitations.length === 0 && <p className="hint">{loading ? 'Loading…' : `None${status === 'all' ? '' : ` ${status}`}.`}</p>}
      <ul className="invitations" aria-label="Invitations">
        {invitations.map((item) => {
          const own = party.invitations.get(item.id)

          return (
            <li key={item.id}>
              <span><b>{item.status}</b> · {item.role} · {storyOf(item, people)}</span>
              {item.status === 'pending' && (
                <span className="row">
                  {own != null && <a className="button" href={hrefOf({ at: 'party', key: party.key, invite: item.id })}>Show</a>}
                  <button onClick={() => { revoke(item.id) }}>Revoke</button>
                </span>
              )}
            </li>
          )
        })}
      </ul>
      {hasMore && <button disabled={loadingMore} onClick={() => { fetchMore().catch(() => {}) }}>{loadingMore ? 'Loading…' : 'More'}</button>}
    </section>
  )
}

const at = (time: number): string => new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })

function storyOf ({ createdBy, createdAt, expiresAt, target, uses, usedBy, status, revokedBy, reason }: InvitationItem, people: readonly Member[]): string {
  const who = (peerId: Member['peerId']): string => whoIs(peerId, people)

  return [
    `by ${who(createdBy)}, ${at(createdAt)}`,
    target == null ? '' : `for ${who(target)}`,
    usedBy.length === 0 ? '' : `joined: ${usedBy.map(({ peerId, at: time }) => `${who(peerId)}, ${at(time)}`).join('; ')}`,
    uses === 1 ? '' : `${usedBy.length} of ${uses}`,
    status === 'revoked' && revokedBy != null ? `revoked by ${who(revokedBy)}` : '',
    reason ?? '',
    status === 'pending' && expiresAt != null ? `until ${at(expiresAt)}` : ''
  ].filter(part => part !== '').join(' · ')
}
