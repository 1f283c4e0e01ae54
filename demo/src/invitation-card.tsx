import { useEffect, useState, useSyncExternalStore } from 'react'
import { renderSVG } from 'uqr'
import { Copy } from './copy.js'
import { whoIs } from './people.js'
import { Pin } from './pin.js'
import { Ring } from './ring.js'
import { ShortCode } from './short-code.js'
import { FOR_GUESTS } from './wording.js'
import type { Candidate, Invitation, InvitationCallbacks, Member } from 'plus-one'
import type { Wording } from './wording.js'

/** Code, PIN, and what becomes of them. */
export function InvitationCard ({ invitation, people = [], wording = FOR_GUESTS, onRenew, onClose }: { invitation: Invitation, people?: readonly Member[], wording?: Wording, onRenew: () => void, onClose: () => void }) {
  const { status, attemptsLeft, createdAt, expiresAt, candidates, uses, usedBy, to, delivered } = useSyncExternalStore(invitation.subscribe, invitation.getSnapshot)
  const told = useTold(invitation, wording)
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
        <h2 id="invitation">{wording.title}</h2>
        <button onClick={onClose}>Close</button>
      </div>
      <p role="status" className="told">{told}</p>
      {candidates.map(candidate => <CandidateCard key={candidate.peerId.toString()} candidate={candidate} invitation={invitation} wording={wording} />)}
      {status === 'pending'
        ? (
            <>
              {to != null
                ? <p>{delivered ? `${whoIs(to, people)} has it, and may say yes or no.` : `For ${whoIs(to, people)} alone: it is handed over when the two of you are connected.`}</p>
                : aloud
                  ? <ShortCode invitation={invitation} wording={wording} />
                  : <Link invitation={invitation} wording={wording} />}
              <div className="row facts">
                {expiresAt != null && <Ring expiresAt={expiresAt} lifetime={expiresAt - createdAt} />}
                {invitation.pin !== '' && <span>{attemptsLeft} attempts left</span>}
                {uses > 1 && <span>{usedBy.length} of {uses} joined</span>}
                {to == null && <button onClick={() => { setAloud(!aloud) }}>{aloud ? 'Show the link' : wording.aloud}</button>}
                <button onClick={() => { invitation.cancel().then(onClose, () => {}) }}>{wording.cancel}</button>
              </div>
            </>
          )
        : (
            <button className="primary" onClick={onRenew}>{wording.again}</button>
          )}
    </section>
  )
}

/** The last thing that happened to it, in a sentence. */
function useTold (invitation: Invitation, wording: Wording): string | undefined {
  const [told, setTold] = useState<string>()

  useEffect(() => {
    const callbacks: InvitationCallbacks = {
      onJoin: (join) => { setTold(wording.joined(join)) },
      onAttemptFailed: ({ attemptsLeft }) => { setTold(attemptsLeft > 0 ? 'Someone typed a wrong PIN.' : 'Too many wrong PINs: the invitation is locked.') },
      onDecline: ({ reason }) => { setTold(reason === '' ? 'They said no.' : `They said no: “${reason}”`) },
      onExpiration: () => { setTold('The invitation has expired.') },
      onShortCode: (shortCode) => { setTold(shortCode == null ? 'Someone keeps guessing at the words: send the link instead.' : 'Someone guessed at the words: these are new ones.') }
    }

    return invitation.on(callbacks)
  }, [invitation, wording])

  return told
}

function Link ({ invitation, wording: { sendLink, sayPin } }: { invitation: Invitation, wording: Wording }) {
  const link = invitation.link()

  return (
    <ol className="steps">
      <li>
        <b>{sendLink[0]}</b>{sendLink[1]}
        <div className="qr" role="img" aria-label="QR code" dangerouslySetInnerHTML={{ __html: renderSVG(link, { border: 2 }) }} />
        <Copy label="Invitation link" text={link} />
      </li>
      {invitation.pin !== '' && (
        <li>
          <b>{sayPin[0]}</b>{sayPin[1]}
          <Pin pin={invitation.pin} />
        </li>
      )}
    </ol>
  )
}

function CandidateCard ({ candidate, invitation, wording }: { candidate: Candidate, invitation: Invitation, wording: Wording }) {
  return (
    <div className="candidate">
      <p>{wording.candidate(candidate)} <b className="comparison">{candidate.comparison}</b>?</p>
      <div className="row">
        <button className="primary" onClick={() => { invitation.admit(candidate.peerId) }}>{wording.admit}</button>
        <button onClick={() => { invitation.refuse(candidate.peerId) }}>{wording.refuse}</button>
      </div>
    </div>
  )
}
