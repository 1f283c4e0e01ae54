import { useEffect, useState } from 'react'
import { useInvitation } from 'plus-one/react'
import { renderSVG } from 'uqr'

/** ms; `?lifetime=5` shortens it, in seconds, to watch an invitation expire. */
const LIFETIME = 1000 * Number(new URLSearchParams(location.search).get('lifetime') ?? 600)

/** Code, PIN, and what becomes of them. */
export function InviteCard ({ partyKey, onClose }: { partyKey: string, onClose: () => void }) {
  const [expiration] = useState(() => Date.now() + LIFETIME)
  const [told, setTold] = useState<string>()
  const [copied, setCopied] = useState(false)
  const [code, pin, { link, status, timeLeft, attemptsLeft, error, cancel, renew }] = useInvitation(partyKey, {
    expiration,
    role: 'writer',
    linkBase: location.origin + location.pathname,
    onDone: ({ member }) => { setTold(`${member.profile.displayName ?? `…${member.peerId.toString().slice(-6)}`} is in.`) },
    onAttemptFailed: ({ attemptsLeft }) => { setTold(attemptsLeft > 0 ? 'Someone typed a wrong PIN.' : 'Three wrong PINs: the invitation is locked.') },
    onExpiration: () => { setTold('The invitation has expired.') }
  })

  useEffect(() => {
    const timer = setTimeout(() => { setCopied(false) }, 2_000)

    return () => { clearTimeout(timer) }
  }, [copied])

  return (
    <section className="invite" aria-labelledby="invitation">
      <h2 id="invitation">Invitation</h2>
      <p role="status" className="told">{error?.message ?? told}</p>
      {status === 'pending' && code != null && pin != null
        ? (
            <>
              <ol className="steps">
                <li>
                  <b>Send the link</b> in a message, or let them scan it.
                  <div className="qr" role="img" aria-label="QR code" dangerouslySetInnerHTML={{ __html: renderSVG(link ?? code, { border: 2 }) }} />
                  <div className="row">
                    <input readOnly aria-label="Invitation link" value={link} onFocus={({ target }) => { target.select() }} />
                    <button onClick={() => { navigator.clipboard.writeText(link ?? '').then(() => { setCopied(true) }, () => {}) }}>{copied ? 'Copied' : 'Copy'}</button>
                  </div>
                </li>
                <li>
                  <b>Say the PIN</b> over another channel, as on the phone.
                  <div className="pin" aria-label={`PIN ${[...pin].join(' ')}`}>{pin.slice(0, 3)} {pin.slice(3)}</div>
                </li>
              </ol>
              <div className="row facts">
                <Ring left={timeLeft ?? 0} />
                <span>{attemptsLeft} attempts left</span>
                <button onClick={() => { cancel().then(onClose, () => {}) }}>Take it back</button>
              </div>
            </>
          )
        : status != null && status !== 'pending' && (
          <div className="row">
            <button className="primary" onClick={() => { setTold(undefined); renew() }}>New invitation</button>
            <button onClick={onClose}>Close</button>
          </div>
        )}
    </section>
  )
}

/** The time left, as a ring that empties. */
function Ring ({ left }: { left: number }) {
  const seconds = Math.ceil(left / 1000)
  const text = `${Math.floor(seconds / 60)}:${(seconds % 60).toString().padStart(2, '0')}`

  return (
    <span className="ring" role="timer" aria-label={`${text} left`}>
      <svg viewBox="0 0 36 36" aria-hidden="true"><circle cx="18" cy="18" r="16" pathLength="100" /><circle className="left" cx="18" cy="18" r="16" pathLength="100" strokeDasharray={`${Math.min(100, 100 * left / LIFETIME)} 100`} /></svg>
      {text}
    </span>
  )
}
