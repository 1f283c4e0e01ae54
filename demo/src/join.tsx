import { useState } from 'react'
import { useInvitationPreview, useInvitationRedeemer, usePartiesService } from 'plus-one/react'
import { JoinDevice, possessive } from './join-device.js'
import { suggestedDeviceName } from './me.js'
import { useOnline } from './online.js'
import { nameOf } from './people.js'
import { PinBoxes } from './pin-boxes.js'
import type { Asked } from './asked.js'
import type { DialProgress } from 'plus-one'

/** What most PINs are, until the inviter has said. */
const SIX_DIGITS = { length: 6, alphabet: '0123456789' }

const ENDS = ['failed', 'expired', 'declined', 'cancelled']

interface JoinProps {
  invitation: Asked
  onJoined: (partyKey: string) => void
  /** This browser is a device of somebody's: what they call themselves. */
  onLinked: (name: string) => void
  onLeave: () => void
}

/** Who invites me into what; then the PIN. */
export function Join ({ invitation, onJoined, onLinked, onLeave }: JoinProps) {
  const online = useOnline()
  const { person } = usePartiesService()
  const [deviceName, setDeviceName] = useState(suggestedDeviceName)
  const { preview, error, loading, progress, refetch } = useInvitationPreview(online ? invitation : undefined)
  const [redeemCode, setPin, redemption] = useInvitationRedeemer({
    onDone: ({ party }) => {
      if (party.kind === 'person') {
        person.setDeviceName(deviceName.trim() === '' ? suggestedDeviceName() : deviceName.trim()).catch(() => {})
        onLinked(preview?.inviter.profile.displayName ?? '')
      } else {
        onJoined(party.key)
      }
    }
  })
  const isDevice = preview?.party.kind === 'person'
  const problem = redemption.error ?? error
  const isOver = ENDS.includes(redemption.state) || (error != null && redemption.state === 'idle')

  const join = (): void => {
    redeemCode(invitation)

    if (preview?.pin === false) {
      redemption.accept().catch(() => {})
    }
  }

  return (
    <section className="join" aria-labelledby="join">
      <h1 id="join">{preview == null ? 'An invitation' : isDevice ? `Add this browser to ${possessive(nameOf(preview.inviter))} devices?` : `Join ${preview.party.name}?`}</h1>
      {(loading || !online) && problem == null && <p role="status">{sentence(progress)}</p>}
      {isDevice && redemption.state === 'idle' && <JoinDevice preview={preview} name={deviceName} onName={setDeviceName} />}
      {preview != null && !isDevice && (
        <dl>
          <dt>Invited by</dt><dd>{nameOf(preview.inviter)}</dd>
          <dt>Into</dt><dd>a {preview.party.kind}</dd>
          <dt>You will be</dt><dd>{preview.role}</dd>
          <dt>Members</dt><dd>{preview.memberCount}</dd>
        </dl>
      )}
      {problem != null && <p role="alert" className="problem">{problem.message}.</p>}
      {isOver
        ? (
            <div className="row">
              {error != null && <button onClick={refetch}>Try again</button>}
              <button onClick={onLeave}>Back</button>
            </div>
          )
        : redemption.state === 'idle'
          ? (
              <>
                <div className="row">
                  <button className="primary" disabled={preview == null} onClick={join}>{isDevice ? 'Continue' : 'Yes, join'}</button>
                  <button onClick={onLeave}>{isDevice ? 'Cancel' : 'Not now'}</button>
                </div>
                {preview != null && !isDevice && <Decline invitation={invitation} onDeclined={onLeave} />}
              </>
            )
          : redemption.state === 'connecting'
            ? <p role="status">{sentence(redemption.progress)}</p>
            : redemption.state === 'waiting'
              ? <p role="status">The PIN was right. {isDevice ? 'Look at your other device, and confirm it there: does it show' : 'They look at who asks: does their screen show'} <b className="comparison">{redemption.comparison}</b>, too?</p>
              : preview?.pin === false
                ? <p role="status">Joining…</p>
                : <PinBoxes from={isDevice ? 'on your other device' : 'that they tell you'} shape={preview?.pin ?? SIX_DIGITS} busy={redemption.state !== 'pin-required'} wrong={['WrongPinError', 'InvalidPinError'].includes(redemption.error?.name ?? '')} onPin={(pin) => { setPin(pin).catch(() => {}) }} />}
      {!isOver && redemption.state !== 'idle' && <div className="row"><button onClick={onLeave}>Cancel</button></div>}
    </section>
  )
}

function sentence (progress: DialProgress | undefined): string {
  switch (progress?.type) {
    case 'finding': return 'Finding the inviter…'
    case 'dialing': return 'Dialing the inviter…'
    case 'connected': return 'Connected; asking what the invitation is for…'
    case 'contested': return 'Others claim this code, too; finding out who knows its words…'
    case undefined: return 'Looking for the inviter…'
  }
}

/** No, and why. */
function Decline ({ invitation, onDeclined }: { invitation: Asked, onDeclined: () => void }) {
  const parties = usePartiesService()
  const [reason, setReason] = useState('')
  const [problem, setProblem] = useState<string>()

  const decline = async (): Promise<unknown> => typeof invitation === 'string' ? parties.decline(invitation, reason) : invitation.decline(reason)

  return (
    <details>
      <summary>Say no</summary>
      <form className="bare" onSubmit={(event) => { event.preventDefault(); decline().then(() => { onDeclined() }, (err: Error) => { setProblem(err.message) }) }}>
        <label htmlFor="reason">Why, if you like; they read it</label>
        <div className="row">
          <input id="reason" value={reason} maxLength={60} onChange={({ target }) => { setReason(target.value) }} />
          <button>No, thank you</button>
        </div>
        {problem != null && <p role="alert" className="problem">{problem}.</p>}
      </form>
    </details>
  )
}
