import { useState } from 'react'
import { useBusy } from './busy.js'
import type { Member, Party, Role } from 'plus-one'

const ROLES: Record<Role, string> = { owner: 'Owner, below you', admin: 'Admin: may invite', writer: 'Writer', reader: 'Reader' }

/** Another role, or out. */
export function MemberOptions ({ party, member, name, roles, onDone }: { party: Party, member: Member, name: string, roles: readonly Role[], onDone: () => void }) {
  const [isRemoving, setRemoving] = useState(false)
  const { busy, problem, run } = useBusy()
  const choices = roles.includes(member.role) ? roles : [member.role, ...roles]

  return (
    <div className="options">
      {isRemoving
        ? (
            <>
              <p>Remove <bdi>{name}</bdi>, with all their devices? They keep what they have received.</p>
              <div className="row">
                <button className="danger" autoFocus disabled={busy} onClick={() => { run(async () => party.remove(member), onDone) }}>Remove</button>
                <button disabled={busy} onClick={() => { setRemoving(false) }}>Cancel</button>
              </div>
            </>
          )
        : (
            <div className="row">
              <label htmlFor={`role-${member.id}`}>Permission</label>
              <select id={`role-${member.id}`} disabled={busy} value={member.role} onChange={({ target }) => { run(async () => party.setRole(member, target.value as Role), onDone) }}>
                {choices.map(role => <option key={role} value={role}>{ROLES[role]}</option>)}
              </select>
              <button disabled={busy} onClick={() => { setRemoving(true) }}>Remove…</button>
            </div>
          )}
      {problem != null && <p role="alert" className="problem">{problem.message}.</p>}
    </div>
  )
}
