import 'plus-one/elements'
import { usePartiesService } from 'plus-one/react'
import { useState } from 'react'
import { suggestedDeviceName } from './me.js'
import { useOnline } from './online.js'
import './elements.css'
import type { Asked } from './asked.js'
import type { InvitationPreview, Party } from 'plus-one'

interface JoinProps {
  invitation: Asked
  onJoined: (partyKey: string) => void
  /** This browser is a device of somebody's: what they call themselves. */
  onLinked: (name: string) => void
  /** The person has said what they are called. */
  onNamed: (name: string) => void
  onLeave: () => void
}

/** Who invites me into what; then the PIN. */
export function Join ({ invitation, onJoined, onLinked, onNamed, onLeave }: JoinProps) {
  const parties = usePartiesService()
  const online = useOnline()
  const [deviceName] = useState(suggestedDeviceName)

  const joined = ({ detail }: CustomEvent): void => {
    const { party, preview } = detail as { party: Party, preview?: InvitationPreview }

    if (party.kind === 'person') {
      onLinked(preview?.inviter.profile.displayName ?? '')
    } else if (typeof invitation !== 'string') {
      // it is received no more
      onJoined(party.key)
    }
  }

  return (
    <plus-one-join
      parties={parties}
      code={invitation}
      offline={!online}
      headingLevel={1}
      deviceName={deviceName}
      onplus-one-joined={joined}
      onplus-one-opened={({ detail }: CustomEvent) => { onJoined((detail as { party: Party }).party.key) }}
      onplus-one-named={({ detail }: CustomEvent) => { onNamed((detail as { name: string }).name) }}
      onplus-one-cancelled={onLeave}
    />
  )
}
