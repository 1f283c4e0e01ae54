import { useState } from 'react'
import { useInvitation } from 'plus-one/react'
import { InvitationCard } from './invitation-card.js'
import { useOnline } from './online.js'
import { nameOf } from './people.js'
import { KIND_DEFAULTS } from 'plus-one'
import type { InviteOptions, Member, Party, Role } from 'plus-one'

/** ms; `?lifetime=5` shortens it, in seconds, to watch an invitation expire. */
export const LIFETIME = 1000 * Number(new URLSearchParams(location.search).get('lifetime') ?? 600)

const ROLES: Record<Role, string> = { reader: 'may read', writer: 'may write', admin: 'may invite too', owner: 'owns it too' }

/** Whom, and on which terms; one button where nothing special is wanted. */
export function Invite ({ party, people }: { party: Party, people: readonly Member[] }) {
  const online = useOnline()
  const defaults = KIND_DEFAULTS[party.kind]
  const [role, setRole] = useState<Role>(defaults.role)
  const [uses, setUses] = useState<number>(defaults.uses)
  const [approval, setApproval] = useState(false)
  const [withPin, setWithPin] = useState(true)
  const [options, setOptions] = useState<InviteOptions>()

  if (options != null) {
    return <NewInvitation partyKey={party.key} people={people} options={options} onClose={() => { setOptions(undefined) }} />
  }

  const outside = people.filter(({ peerId, self }) => !self && !party.members.some(member => member.peerId.equals(peerId)))
  const invite = (more: InviteOptions): void => { setOptions({ role, expiration: Date.now() + LIFETIME, approval, ...(withPin ? {} : { pin: false }), ...more }) }

  return (
    <section aria-labelledby="invite">
      <h2 id="invite">Invite</h2>
      <div className="row">
        <button className="primary" disabled={!online} onClick={() => { invite({ uses }) }}>{online ? 'Invite someone' : 'Waiting for the relay…'}</button>
        {outside.map(member => (
          // their key is known: a yes is enough
          <button key={member.peerId.toString()} disabled={!online} onClick={() => { invite({ to: member.peerId, pin: false }) }}>Invite {nameOf(member)}</button>
        ))}
      </div>
      {party.kind !== 'contact' && (
        <details>
          <summary>On other terms</summary>
          <div className="terms">
            <label htmlFor="role">They</label>
            <select id="role" value={role} onChange={({ target }) => { setRole(target.value as Role) }}>
              {Object.entries(ROLES).filter(([role]) => role !== 'owner' && (role !== 'admin' || party.role === 'owner')).map(([role, text]) => <option key={role} value={role}>{text}</option>)}
            </select>
            <label htmlFor="uses">How many may join by it</label>
            <input id="uses" type="number" min={1} max={1000} value={uses} onChange={({ target }) => { setUses(Math.max(1, target.valueAsNumber || 1)) }} />
            <label htmlFor="approval">I look at each before they are in</label>
            <input id="approval" type="checkbox" checked={approval} onChange={({ target }) => { setApproval(target.checked) }} />
            <label htmlFor="pin">They need a PIN</label>
            <input id="pin" type="checkbox" checked={withPin} onChange={({ target }) => { setWithPin(target.checked) }} />
          </div>
        </details>
      )}
    </section>
  )
}

function NewInvitation ({ partyKey, people, options, onClose }: { partyKey: string, people: readonly Member[], options: InviteOptions, onClose: () => void }) {
  const [, , { invitation, error, renew }] = useInvitation(partyKey, { ...options, fresh: true })

  return error != null
    ? <section><p role="alert" className="problem">{error.message}.</p><button onClick={onClose}>Back</button></section>
    : invitation != null && <InvitationCard key={invitation.id} invitation={invitation} people={people} onRenew={renew} onClose={onClose} />
}
