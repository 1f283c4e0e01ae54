import { nameOf } from 'plus-one/elements'
import { useEffect, useState } from 'react'
import { useDevices, useInvitationPreview, useMembers, usePartiesService, useReceivedInvitations, useRecovery } from 'plus-one/react'
import { completeWord } from 'plus-one/rendezvous/words'
import { ask } from './asked.js'
import { Heading } from './heading.js'
import { useUnseen } from './news-page.js'
import { partyName } from './people.js'
import { go, hrefOf } from './routes.js'
import type { CreatedKind, Party, ReceivedInvitation } from 'plus-one'

/** How often one asks again about an invitation that waits, ms: its inviter may have cancelled it. */
const ASK_AGAIN = 15_000

interface HomeProps {
  all: readonly Party[]
  /** The person has yet to say what they are called. */
  isNameless: boolean
  onNamed: (name: string) => void
}

export function Home ({ all, isNameless, onNamed }: HomeProps) {
  const received = useReceivedInvitations()

  return (
    <>
      <Heading title="">Invite someone with a link and a PIN</Heading>
      <p className="lead">Two pages prove to each other that they know the same PIN, without sending it. The relay between them learns neither. <a href="both-sides.html">Watch both sides</a> on one page.</p>
      {received.length > 0 && (
        <section aria-labelledby="received">
          <h2 id="received">You are invited</h2>
          <ul className="cards">
            {received.map(invitation => <li key={invitation.from.toString()}><ReceivedCard invitation={invitation} /></li>)}
          </ul>
        </section>
      )}
      {all.length > 0 && (
        <section aria-labelledby="yours">
          <h2 id="yours">Your parties</h2>
          <ul className="cards">
            {all.map(party => <li key={party.key}><PartyCard party={party} /></li>)}
          </ul>
        </section>
      )}
      {all.length > 0 && <You isNew={false} />}
      <div className="two">
        <Create isNameless={isNameless} onNamed={onNamed} />
        <EnterCode />
      </div>
      {all.length === 0 && <You isNew />}
    </>
  )
}

/** One's devices, and what is left of them when they are lost; a reminder until that is done. */
function You ({ isNew }: { isNew: boolean }) {
  const { length } = useDevices()
  const { isConfirmed } = useRecovery()

  return (
    <section className="you" aria-labelledby="you">
      <h2 id="you">You</h2>
      {!isConfirmed && !isNew && <p className="reminder"><b>Write your recovery words down.</b> Until then a lost device can lose you your parties.</p>}
      <ul className="cards">
        <li><a className="card" href={hrefOf({ at: 'devices' })}><b>My devices</b> <span>{length}</span></a></li>
        <li><a className="card" href={hrefOf({ at: 'recovery' })}><b>Recovery words</b> <span>{isConfirmed ? 'written down' : 'not written down yet'}</span></a></li>
        {isNew && length === 1 && <li><a className="card" href={hrefOf({ at: 'recover' })}><b>Recover</b> <span>I have my 12 words</span></a></li>}
      </ul>
    </section>
  )
}

function ReceivedCard ({ invitation }: { invitation: ReceivedInvitation }) {
  const { preview: told, error, refetch } = useInvitationPreview(invitation)
  const [preview, setPreview] = useState(told)

  useEffect(() => { if (told != null) { setPreview(told) } }, [told])
  useEffect(() => {
    const ask = (): void => { if (!document.hidden) { refetch() } }
    const timer = setInterval(ask, ASK_AGAIN)
    document.addEventListener('visibilitychange', ask)

    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', ask)
    }
  }, [refetch])

  return <a className="card" href={hrefOf({ at: 'received', from: invitation.from.toString() })}><b dir="auto">{preview == null ? 'An invitation' : partyName(preview.party)}</b> <span dir="auto">{preview == null ? error?.message ?? 'asking…' : `from ${nameOf(preview.inviter)}`}</span></a>
}

function PartyCard ({ party }: { party: Party }) {
  const { length } = useMembers(party.key)
  const unseen = useUnseen(party.key)

  return <a className="card" href={hrefOf({ at: 'party', key: party.key })}><b dir="auto">{partyName(party)}</b> <span>{length} {length === 1 ? 'member' : 'members'}{unseen > 0 && <> <span className="badge">{unseen}<span className="sr"> new</span></span></>}</span></a>
}

const KINDS: Record<CreatedKind, string> = {
  group: 'Group',
  community: 'Community, of many readers',
  contact: 'Contact, just us two'
}

function Create ({ isNameless, onNamed }: Pick<HomeProps, 'isNameless' | 'onNamed'>) {
  const parties = usePartiesService()
  const [name, setName] = useState('')
  const [own, setOwn] = useState('')
  const [kind, setKind] = useState<CreatedKind>('group')
  const [problem, setProblem] = useState<string>()

  return (
    <form onSubmit={(event) => {
      event.preventDefault()
      onNamed(own.trim())
      parties.create({ name: name.trim() === '' ? 'Book club' : name.trim(), kind }).then(({ key }) => { go({ at: 'party', key }) }, (err: Error) => { setProblem(err.message) })
    }}
    >
      <h2>Start a party</h2>
      <label htmlFor="name">Its name</label>
      <input id="name" value={name} maxLength={60} placeholder="Book club" onChange={({ target }) => { setName(target.value) }} />
      <label htmlFor="kind">Its kind</label>
      <select id="kind" value={kind} onChange={({ target }) => { setKind(target.value as CreatedKind) }}>
        {Object.entries(KINDS).map(([kind, text]) => <option key={kind} value={kind}>{text}</option>)}
      </select>
      {isNameless && (
        <>
          <label htmlFor="own">Guests see you as</label>
          <input id="own" dir="auto" autoComplete="nickname" value={own} maxLength={40} placeholder="Alice" onChange={({ target }) => { setOwn(target.value) }} />
        </>
      )}
      <button className="primary">Create</button>
      {problem != null && <p role="alert" className="problem">{problem}.</p>}
    </form>
  )
}

function EnterCode () {
  const [typed, setTyped] = useState('')

  return (
    <form onSubmit={(event) => { event.preventDefault(); ask(typed) }}>
      <h2>You were invited</h2>
      <label htmlFor="code">The link, the code, or the four words</label>
      <input id="code" list="words" value={typed} autoComplete="off" autoCapitalize="off" spellCheck={false} onChange={({ target }) => { setTyped(target.value) }} />
      <datalist id="words">{completions(typed).map(text => <option key={text} value={text} />)}</datalist>
      <p className="hint">On the phone they say the words first. You say whom you see; only then they say the PIN.</p>
      <button disabled={typed.trim() === ''}>Continue</button>
    </form>
  )
}

/** The words typed so far, with the last of them completed. */
function completions (typed: string): string[] {
  const words = /^(?:\p{L}+[\s-]+){0,3}(?=(\p{L}{2,})$)/u.exec(typed)

  return words == null ? [] : completeWord(words[1] ?? '').map(word => `${words[0]}${word}`)
}
