import { nameAmong, nameOf } from 'plus-one/elements'
import { useState } from 'react'
import { useMembers } from 'plus-one/react'
import { Avatar } from './avatar.js'
import { Leave, Left } from './leave.js'
import { MemberOptions } from './member-options.js'
import { usePaged } from './paged.js'
import type { Member, Party, Role } from 'plus-one'

const ROLES: Record<Role, string> = { owner: 'Owner', admin: 'Admin', writer: 'Writer', reader: 'Reader' }

/** Who is in, and what this person may do about it. */
export function Members ({ party, onForgotten }: { party: Party, onForgotten: () => void }) {
  const members = useMembers(party.key)
  const [open, setOpen] = useState<string>()
  // oneself first
  const sorted = [...members.filter(({ self }) => self), ...members.filter(({ self }) => !self)]
  const { rows, search, more } = usePaged(sorted, member => `${nameOf(member)} ${ROLES[member.role]}`, 'Search members')

  return (
    <section aria-labelledby="members">
      <h2 id="members">Members <span className="count">{members.length}</span></h2>
      {search}
      <ul className="members" aria-label="Members">
        {rows.map((member) => {
          const roles = member.self ? [] : rolesFor(party, member)
          const name = nameAmong(member, members)

          return (
            <li key={member.id}>
              <Avatar member={member} />
              <span className="name"><bdi>{name}</bdi>{member.self ? ' (you)' : ''} <small>{ROLES[member.role]}</small></span>
              {roles.length > 0 && <button aria-expanded={open === member.id} aria-label={`Options for ${name}`} onClick={() => { setOpen(open === member.id ? undefined : member.id) }}>Options</button>}
              {open === member.id && roles.length > 0 && <MemberOptions party={party} member={member} name={name} roles={roles} onDone={() => { setOpen(undefined) }} />}
            </li>
          )
        })}
      </ul>
      {more}
      {party.role == null ? <Left party={party} onForgotten={onForgotten} /> : <Leave party={party} />}
    </section>
  )
}

/** None where this person is no member any more. */
function rolesFor (party: Party, member: Member): readonly Role[] {
  return party.role == null ? [] : party.rolesFor(member)
}
