import { useState } from 'react'
import { useDeviceInvitation } from 'plus-one/react'
import { InvitationCard } from './invitation-card.js'
import { LIFETIME } from './invite.js'
import { useOnline } from './online.js'
import { FOR_DEVICES } from './wording.js'

/** The sheet of an invitation, for a device of one's own: both screens are compared before it is linked. */
export function AddDevice () {
  const online = useOnline()
  const [open, setOpen] = useState(false)

  return open
    ? <NewDevice onClose={() => { setOpen(false) }} />
    : (
        <section aria-labelledby="add">
          <h2 id="add">Add a device</h2>
          <p className="hint">It gets all your parties, and can do there what you can. Use the code only on a device of your own.</p>
          <button className="primary" disabled={!online} onClick={() => { setOpen(true) }}>{online ? 'Add a device' : 'Waiting for the relay…'}</button>
        </section>
      )
}

function NewDevice ({ onClose }: { onClose: () => void }) {
  const [, , { invitation, error, renew }] = useDeviceInvitation({ expiration: Date.now() + LIFETIME, approval: true, cancelOnUnmount: true })

  return error != null
    ? <section><p role="alert" className="problem">{error.message}.</p><button onClick={onClose}>Back</button></section>
    : invitation != null && <InvitationCard key={invitation.id} invitation={invitation} wording={FOR_DEVICES} onRenew={renew} onClose={onClose} />
}
