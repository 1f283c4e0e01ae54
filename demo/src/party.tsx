import { lazy, Suspense, useCallback, useMemo, useRef, useState } from 'react'
import { useParties, useParty } from 'plus-one/react'
import { Heading } from './heading.js'
import { InvitationsList } from './invitations.js'
import { InviteBar } from './invite-bar.js'
import { InviteSheet } from './invite-sheet.js'
import { Members } from './members.js'
import { everybodyOf, partyName } from './people.js'
import { go, hrefOf } from './routes.js'
import type { Party } from 'plus-one'

/** Yjs comes with it. */
const Shared = lazy(async () => import('./shared.js'))

/** @param invite - The sheet is open: `new`, or an invitation's id */
export function PartyPage ({ partyKey, invite, all }: { partyKey: string, invite?: string, all: readonly Party[] }) {
  const party = useParty(partyKey)
  const { loading } = useParties()
  const close = useCallback(() => { go({ at: 'party', key: partyKey }) }, [partyKey])
  const inviting = useRef<HTMLDivElement>(null)
  // once two were in, it stays for who is left
  const [isShared, setShared] = useState(false)

  if (!isShared && party != null && party.members.length > 1) {
    setShared(true)
  }

  // of this party the freshest
  const members = party?.members
  const people = useMemo(() => everybodyOf([...all, ...(members == null ? [] : [{ members }])]), [all, members])
  const home = useCallback(() => { go({ at: 'home' }) }, [])

  if (party == null) {
    return loading ? <p role="status">Loading…</p> : <NoParty />
  }

  const mayInvite = party.role === 'owner' || party.role === 'admin'
  const open = invite == null ? undefined : party.invitations.get(invite)

  return (
    <>
      <Heading>{partyName(party)}</Heading>
      <div ref={inviting}>
        {mayInvite && <InviteSheet party={party} people={people} invitation={open} onCreated={({ id }) => { go({ at: 'party', key: partyKey, invite: id }, { replace: true }) }} onClose={close} />}
      </div>
      {mayInvite && <InviteBar target={inviting} />}
      {(isShared || party.members.length > 1 || party.role == null) && <Suspense><Shared party={party} /></Suspense>}
      <Members party={party} onForgotten={home} />
      {mayInvite && <InvitationsList party={party} people={people} />}
    </>
  )
}

function NoParty () {
  return (
    <section>
      <Heading>This party is not on this device</Heading>
      <p>It was deleted here, or it is somebody else’s page. An invitation brings it back.</p>
      <p><a className="button" href={hrefOf({ at: 'home' })}>Home</a></p>
    </section>
  )
}
