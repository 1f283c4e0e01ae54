import { useCallback, useState } from 'react'
import { useMembers, useParty } from 'plus-one/react'
import { InvitationCard } from './invitation-card.js'
import { InvitationsList } from './invitations.js'
import { Invite } from './invite.js'
import { everybodyOf, hueOf, nameOf } from './people.js'
import type { Invitation, Party } from 'plus-one'

export function PartyPage ({ partyKey, all }: { partyKey: string, all: readonly Party[] }) {
  const party = useParty(partyKey)
  const members = useMembers(partyKey)
  const [open, setOpen] = useState<Invitation>()
  const close = useCallback(() => { setOpen(undefined) }, [])
  // of this party the freshest
  const people = everybodyOf([...all, ...(party == null ? [] : [party])])
  const mayInvite = party?.role === 'owner' || party?.role === 'admin'

  return (
    <>
      <h1>{party?.name ?? 'Loading…'}</h1>
      <section aria-labelledby="members">
        <h2 id="members">Members</h2>
        <ul className="members" aria-label="Members" aria-live="polite">
          {members.map(member => (
            <li key={member.peerId.toString()}>
              <span className="dot" style={{ '--hue': hueOf(member) } as React.CSSProperties} aria-hidden="true" />
              <span>{nameOf(member)}{member.self ? ' (you)' : ''}</span>
              <span className="role">{member.role}</span>
            </li>
          ))}
        </ul>
      </section>
      {mayInvite && (open == null
        ? <Invite party={party} people={people} />
        : <InvitationCard key={open.id} invitation={open} people={people} onRenew={() => { open.renew().then(setOpen, close) }} onClose={close} />)}
      {mayInvite && <InvitationsList party={party} people={people} onOpen={setOpen} />}
    </>
  )
}
