import { useState } from 'react'
import { useMembers } from 'plus-one/react'
import { hueOf, nameOf } from './people.js'
import { leaving } from './watch-news.js'
import type { Member, Party, Role } from 'plus-one'

/** Who is in, and what this person may do about it. */
export function Members ({ party, partyKey, onForgotten }: { party: Party | undefined, partyKey: string, onForgotten: () => void }) {
  const members = useMembers(partyKey)
  const [open, setOpen] = useState<string>()

  return (
    <section aria-labelledby="members">
      <h2 id="members">Members</h2>
      <ul className="members" aria-label="Members" aria-live="polite">
        {members.map((member) => {
          const roles = party == null || member.self ? [] : rolesFor(party, member)

          return (
            <li key={member.id}>
              <span className="dot" style={{ '--hue': hueOf(member) } as React.CSSProperties} aria-hidden="true" />
              <span dir="auto">{nameOf(member)}{member.self ? ' (you)' : ''}</span>
              <span className="role">{member.role}</span>
              {roles.length > 0 && <button aria-expanded={open === member.id} aria-label={`Options for ${nameOf(member)}`} onClick={() => { setOpen(open === member.id ? undefined : member.id) }}>Options</button>}
              {party != null && open === member.id && roles.length > 0 && <MemberOptions party={party} member={member} roles={roles} onDone={() => { setOpen(undefined) }} />}
            </li>
          )
        })}
      </ul>
      {party != null && (party.role == null ? <Left party={party} onForgotten={onForgotten} /> : <Leave party={party} />)}
    </section>
  )
}

/** None where this person is no member any more. */
function rolesFor (party: Party, member: Member): readonly Role[] {
  return party.role == null ? [] : party.rolesFor(member)
}

const ROLES: Record<Role, string> = { owner: 'Owner, below you', admin: 'Admin: may invite', writer: 'Writer', reader: 'Reader' }

/** Another role, or out. */
function MemberOptions ({ party, member, roles, onDone }: { party: Party, member: Member, roles: readonly Role[], onDone: () => void }) {
  const [isRemoving, setRemoving] = useState(false)
  const { busy, problem, run } = useBusy()
  const choices = roles.includes(member.role) ? roles : [member.role, ...roles]

  return (
    <div className="options">
      {isRemoving
        ? (
            <>
              <p>Remove {nameOf(member)}, with all their devices? They keep what they have received.</p>
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

/** Out of one's own will; the only owner is told what that means. */
function Leave ({ party }: { party: Party }) {
  const [asked, setAsked] = useState(false)
  const { busy, problem, run, forget } = useBusy()
  const isLastOwner = problem?.name === 'LastOwnerError'
  const close = (): void => { setAsked(false); forget() }

  return asked
    ? (
        <div className="options" role="group" aria-labelledby="leave">
          <p id="leave" role={isLastOwner ? 'alert' : undefined}>{isLastOwner ? 'You are the only owner. Make another member an owner first. If you leave all the same, nobody can make an owner or an admin any more.' : `Leave ${party.name}, with all your devices? To come back you need a new invitation.`}</p>
          {problem != null && !isLastOwner && <p role="alert" className="problem">{problem.message}.</p>}
          <div className="row">
            <button className="danger" disabled={busy} onClick={() => { run(async () => leave(party, isLastOwner), close) }}>{isLastOwner ? 'Leave all the same' : 'Leave'}</button>
            <button autoFocus disabled={busy} onClick={close}>Cancel</button>
          </div>
        </div>
      )
    : <p className="leave"><button onClick={() => { setAsked(true) }}>Leave…</button></p>
}

/** What this page does itself is told by its screen. */
async function leave (party: Party, insist: boolean): Promise<void> {
  leaving.add(party.key)

  try {
    await party.leave({ insist })
  } catch (err) {
    leaving.delete(party.key)
    throw err
  }
}

/** What is still here can be read, or go. */
function Left ({ party, onForgotten }: { party: Party, onForgotten: () => void }) {
  const { busy, problem, run } = useBusy()

  return (
    <div className="options">
      <p role="status">You are not a member any more. What you have received is still on this device.</p>
      {problem != null && <p role="alert" className="problem">{problem.message}.</p>}
      <div className="row"><button disabled={busy} onClick={() => { run(async () => party.forget(), onForgotten) }}>Delete from this device</button></div>
    </div>
  )
}

/** One call at a time, and what was wrong with it. */
function useBusy (): { busy: boolean, problem?: Error, run: (what: () => Promise<unknown>, done: () => void) => void, forget: () => void } {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Error>()

  const run = (what: () => Promise<unknown>, done: () => void): void => {
    setBusy(true)
    setProblem(undefined)
    what().then(() => { setBusy(false); done() }, (err: Error) => { setBusy(false); setProblem(err) })
  }

  return { busy, problem, run, forget: () => { setProblem(undefined) } }
}
