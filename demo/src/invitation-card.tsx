import { useEffect, useState, useSyncExternalStore } from 'react'
import { renderSVG } from 'uqr'
import { Copy } from './copy.js'
import { nameOf, whoIs } from './people.js'
import { Pin } from './pin.js'
import { Ring } from './ring.js'
import { ShortCode } from './short-code.js'
import type { Candidate, Invitation, InvitationCallbacks, Member } from 'plus-one'

/** Code, PIN, and what becomes of them. */
export function InvitationCard ({ invitation, people, onRenew, onClose }: { invitation: Invitation, people: readonly Member[], onRenew: () => void, onClose: () => void }) {
  const { status, attemptsLeft, createdAt, expiresAt, candidates, uses, usedBy, to, delivered } = useSyncExternalStore(invitation.subscribe, invitation.getSnapshot)
  const told = useTold(invitation)
  const [aloud, setAloud] = useState(false)

  useEffect(() => invitation.on({
    onShortCode: (shortCode) => {
      if (shortCode == null) {
        setAloud(false)
      }
    }
  }), [invitation])

  return (
    <section className="invite" aria-labelledby="invitation">
      <div className="row">
        <h2 id="invitation">Invitation</h2>
        <button onClick={onClose}>Close</button>
      </div>
      <p role="status" className="told">{told}</p>
      {candidates.map(candidate => <CandidateCard key={candidate.peerId.toString()} candidate={candidate} invitation={invitation} />)}
      {status === 'pending'
        ? (
            <>
              {to != null
                ? <p>{delivered ? `${whoIs(to, people)} has it, and may say yes or no.` : `For ${whoIs(to, people)} alone: it is handed over when the two of you are connected.`}</p>
                : aloud
                  ? <ShortCode invitation={invitation} />
                  : <Link invitation={invitation} />}
              <div className="row facts">
                {expiresAt != null && <Ring expiresAt={expiresAt} lifetime={expiresAt - createdAt} />}
                {invitation.pin !== '' && <span>{attemptsLeft} attempts left</span>}
                {uses > 1 && <span>{usedBy.length} of {uses} joined</span>}
                {to == null && <button onClick={() => { setAloud(!aloud) }}>{aloud ? 'Show the link' : 'Say it on the phone'}</button>}
                <button onClick={() => { invitation.cancel().then(onClose, () => {}) }}>Take it back</button>
              </div>
            </>
          )
        : (
            <button className="primary" onClick={onRenew}>New invitation</button>
          )}
    </section>
  )
}

/** The last thing that happened to it, in a sentence. */
function useTold (invitation: Invitation): string | undefined {
  const [told, setTold] = useState<string>()

  useEffect(() => {
    const callbacks: InvitationCallbacks = {
      onJoin: ({ member }) => { setTold(`${nameOf(member)} is in.`) },
      onAttemptFailed: ({ attemptsLeft }) => { setTold(attemptsLeft > 0 ? 'Someone typed a wrong PIN.' : 'Too many wrong PINs: the invitation is locked.') },
      onDecline: ({ reason }) => { setTold(reason === '' ? 'They said no.' : `They said no: “${reason}”`) },
      onExpiration: () => { setTold('The invitation has expired.') },
      onShortCode: (shortCode) => { setTold(shortCode == null ? 'Someone keeps guessing at the words: send the link instead.' : 'Someone guessed at the words: these are new ones.') }
    }

    return invitation.on(callbacks)
  }, [invitation])

  return told
}

function Link ({ invitation }: { invitation: Invitation }) {
  const link = invitation.link()

  return (
    <ol className="steps">
      <li>
        <b>Send the link</b> in a message, or let them scan it.
        <div className="qr" role="img" aria-label="QR code" dangerouslySetInnerHTML={{ __html: renderSVG(link, { border: 2 }) }} />
        <Copy label="Invitation link" text={link} />
      </li>
      {invitation.pin !== '' && (
        <li>
          <b>Say the PIN</b> over another channel, as on the phone.
          <Pin pin={invitation.pin} />
        </li>
      )}
    </ol>
  )
}

function CandidateCard ({ candidate, invitation }: { candidate: Candidate, invitation: Invitation }) {
  return (
    <div className="candidate">
      <p><b>{nameOf(candidate)}</b> knows the PIN and wants to join. Their screen shows <b className="comparison">{candidate.comparison}</b>, too, if it is they.</p>
      <div className="row">
        <button className="primary" onClick={() => { invitation.admit(candidate.peerId) }}>Let them in</button>
        <button onClick={() => { invitation.refuse(candidate.peerId) }}>No</button>
      </div>
    </div>
  )
}
