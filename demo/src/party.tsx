import { useCallback, useState } from 'react'
import { useParty } from 'plus-one/react'
import { InvitationCard } from './invitation-card.js'
import { InvitationsList } from './invitations.js'
import { Invite } from './invite.js'
import { Members } from './members.js'
import { everybodyOf } from './people.js'
import type { Invitation, Party } from 'plus-one'

export function PartyPage ({ partyKey, all, onForgotten }: { partyKey: string, all: readonly Party[], onForgotten: () => void }) {
  const party = useParty(partyKey)
  const [open, setOpen] = useState<Invitation>()
  const close = useCallback(() => { setOpen(undefined) }, [])
  // of this party the freshest
  const people = everybodyOf([...all, ...(party == null ? [] : [party])])
  const mayInvite = party?.role === 'owner' || party?.role === 'admin'

  return (
    <>
      <h1>{party?.name ?? 'Loading…'}</h1>
      <Members party={party} partyKey={partyKey} onForgotten={onForgotten} />
      {mayInvite && (open == null
        ? <Invite party={party} people={people} />
        : <InvitationCard key={open.id} invitation={open} people={people} onRenew={() => { open.renew().then(setOpen, close) }} onClose={close} />)}
      {mayInvite && <InvitationsList party={party} people={people} onOpen={setOpen} />}
    </>
  )
}
