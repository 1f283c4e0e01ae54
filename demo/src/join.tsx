import { useState } from 'react'
import { useInvitationPreview, useInvitationRedeemer, usePartiesService } from 'plus-one/react'
import { useOnline } from './online.js'
import { nameOf } from './people.js'
import { PinBoxes } from './pin-boxes.js'
import type { Asked } from './asked.js'
import type { DialProgress } from 'plus-one'

/** What most PINs are, until the inviter has said. */
const SIX_DIGITS = { length: 6, alphabet: '0123456789' }

const ENDS = ['failed', 'expired', 'declined', 'cancelled']

/** Who invites me into what; then the PIN. */
export function Join ({ invitation, onJoined, onLeave }: { invitation: Asked, onJoined: (partyKey: string) => void, onLeave: () => void }) {
  const online = useOnline()
  const { preview, error, loading, progress, refetch } = useInvitationPreview(online ? invitation : undefined)
  const [redeemCode, setPin, redemption] = useInvitationRedeemer({ onDone: ({ party }) => { onJoined(party.key) } })
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
      <h1 id="join">{preview == null ? 'An invitation' : `Join ${preview.party.name}?`}</h1>
      {(loading || !online) && problem == null && <p role="status">{sentence(progress)}</p>}
      {preview != null && (
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
                  <button className="primary" disabled={preview == null} onClick={join}>Yes, join</button>
                  <button onClick={onLeave}>Not now</button>
                </div>
                {preview != null && <Decline invitation={invitation} onDeclined={onLeave} />}
              </>
            )
          : redemption.state === 'connecting'
            ? <p role="status">{sentence(redemption.progress)}</p>
            : redemption.state === 'waiting'
              ? <p role="status">The PIN was right. They look at who asks: does their screen show <b className="comparison">{redemption.comparison}</b>, too?</p>
              : preview?.pin === false
                ? <p role="status">Joining…</p>
                : <PinBoxes shape={preview?.pin ?? SIX_DIGITS} busy={redemption.state !== 'pin-required'} wrong={['WrongPinError', 'InvalidPinError'].includes(redemption.error?.name ?? '')} onPin={(pin) => { setPin(pin).catch(() => {}) }} />}
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
