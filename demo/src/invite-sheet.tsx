import 'plus-one/elements'
import { useEffect, useState } from 'react'
import { lifetimeOf } from './lifetime.js'
import { useOnline } from './online.js'
import './elements.css'
import type { Invitation, Member, Party, Person } from 'plus-one'

/** ms */
const LIFETIME = lifetimeOf(location.search)

interface InviteSheetProps {
  party: Party
  people?: readonly Member[]
  /** One that exists, to show it. */
  invitation?: Invitation
  onCreated?: (invitation: Invitation) => void
  onClose: () => void
}

/** On which terms; then PIN and link, and what becomes of them. */
export function InviteSheet ({ party, people = [], invitation, onCreated, onClose }: InviteSheetProps) {
  return <plus-one-invite {...useSheet()} party={party} people={people} invitation={invitation} onplus-one-created={told(onCreated)} onplus-one-closed={onClose} />
}

/** The same for a device of one's own: both screens are compared before it is linked. */
export function DeviceSheet ({ person, onCreated }: { person: Person, onCreated: () => void }) {
  return <plus-one-invite {...useSheet()} person={person} onplus-one-created={told(onCreated)} />
}

function told (onCreated: ((invitation: Invitation) => void) | undefined) {
  return ({ detail }: CustomEvent): void => { onCreated?.((detail as { invitation: Invitation }).invitation) }
}

/** Links lead to where a phone can open this page, if it runs so (`npm start -- --lan`). */
function useSheet () {
  const offline = !useOnline()
  const [linkBase, setLinkBase] = useState<string>()

  useEffect(() => {
    fetch('phone.json').then(async response => response.json() as Promise<{ url?: string }>).then(({ url }) => { setLinkBase(url) }, () => {})
  }, [])

  return { offline, lifetime: LIFETIME, linkBase }
}
