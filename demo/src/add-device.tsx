import { useState } from 'react'
import { useDeviceInvitation, usePerson } from 'plus-one/react'
import { InvitationCard } from './invitation-card.js'
import { LIFETIME } from './invite.js'
import { suggestedDeviceName } from './me.js'
import { useOnline } from './online.js'
import { FOR_DEVICES } from './wording.js'

/** The sheet of an invitation, for a device of one's own: both screens are compared before it is linked. */
export function AddDevice () {
  const online = useOnline()
  const person = usePerson()
  const [open, setOpen] = useState(false)

  const add = (): void => {
    // a list of two needs names
    if (person.devices.some(({ self, name }) => self && name === '')) {
      person.setDeviceName(suggestedDeviceName()).catch(() => {})
    }

    setOpen(true)
  }

  return open
    ? <NewDevice onClose={() => { setOpen(false) }} />
    : (
        <section aria-labelledby="add">
          <h2 id="add">Add a device</h2>
          <p className="hint">It gets all your parties, and can do there what you can. Use the code only on a device of your own.</p>
          <button className="primary" disabled={!online} onClick={add}>{online ? 'Add a device' : 'Waiting for the relay…'}</button>
        </section>
      )
}

function NewDevice ({ onClose }: { onClose: () => void }) {
  const [, , { invitation, error, renew }] = useDeviceInvitation({ expiration: Date.now() + LIFETIME, approval: true, cancelOnUnmount: true })

  return error != null
    ? <section><p role="alert" className="problem">{error.message}.</p><button onClick={onClose}>Back</button></section>
    : invitation != null && <InvitationCard key={invitation.id} invitation={invitation} wording={FOR_DEVICES} onRenew={renew} onClose={onClose} />
}
