import { useEffect, useRef, useState } from 'react'
import { useInvitationPreview, useInvitationRedeemer } from 'plus-one/react'
import { useOnline } from './online.js'

/** Who invites me into what; then the PIN. */
export function Join ({ code, onJoined, onLeave }: { code: string, onJoined: (partyKey: string) => void, onLeave: () => void }) {
  const online = useOnline()
  const { preview, error, loading, refetch } = useInvitationPreview(online ? code : undefined)
  const [redeemCode, setPin, redemption] = useInvitationRedeemer({ onDone: ({ party }) => { onJoined(party.key) } })
  const problem = redemption.error ?? error
  const isOver = ['failed', 'expired', 'declined', 'cancelled'].includes(redemption.state) || (error != null && redemption.state === 'idle')

  return (
    <section className="join" aria-labelledby="join">
      <h1 id="join">{preview == null ? 'An invitation' : `Join ${preview.party.name}?`}</h1>
      {(loading || !online) && problem == null && <p role="status">Looking for the inviter…</p>}
      {preview != null && (
        <dl>
          <dt>Invited by</dt><dd>{preview.inviter.profile.displayName ?? `…${preview.inviter.peerId.toString().slice(-6)}`}</dd>
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
              <div className="row">
                <button className="primary" disabled={preview == null} onClick={() => { redeemCode(code) }}>Yes, join</button>
                <button onClick={onLeave}>No</button>
              </div>
            )
          : redemption.state === 'connecting'
            ? <p role="status">Connecting…</p>
            : <PinBoxes length={preview == null || preview.pin === false ? 6 : preview.pin.length} busy={redemption.state !== 'pin-required'} wrong={redemption.error?.name === 'WrongPinError'} onPin={(pin) => { setPin(pin).catch(() => {}) }} />}
    </section>
  )
}

/** A box for each digit; a paste fills all of them. */
function PinBoxes ({ length, busy, wrong, onPin }: { length: number, busy: boolean, wrong: boolean, onPin: (pin: string) => void }) {
  const [digits, setDigits] = useState<string[]>([])
  const boxes = useRef<Array<HTMLInputElement | null>>([])

  useEffect(() => {
    if (wrong) {
      setDigits([])
      boxes.current[0]?.focus()
    }
  }, [wrong, busy])

  const put = (at: number, text: string): void => {
    const typed = [...text.replace(/\D/g, '')]
    const next = Array.from({ length }, (_, i) => i >= at && i < at + typed.length ? typed[i - at] ?? '' : digits[i] ?? '')

    if (typed.length === 0) {
      next[at] = ''
    }

    setDigits(next)
    boxes.current[Math.min(length - 1, at + typed.length)]?.focus()

    if (next.every(digit => digit !== '')) {
      onPin(next.join(''))
    }
  }

  return (
    <fieldset className="boxes" disabled={busy}>
      <legend>The PIN that they tell you</legend>
      {Array.from({ length }, (_, i) => (
        <input
          key={i}
          ref={(box) => { boxes.current[i] = box }}
          aria-label={`Digit ${i + 1} of ${length}`}
          inputMode="numeric"
          autoComplete="off"
          autoFocus={i === 0}
          value={digits[i] ?? ''}
          onFocus={({ target }) => { target.select() }}
          onChange={({ target }) => { put(i, target.value) }}
          onPaste={(event) => { event.preventDefault(); put(0, event.clipboardData.getData('text')) }}
          onKeyDown={(event) => { if (event.key === 'Backspace' && (digits[i] ?? '') === '' && i > 0) boxes.current[i - 1]?.focus() }}
        />
      ))}
      <p role="status">{busy ? 'Checking…' : ''}</p>
    </fieldset>
  )
}
