import { useState } from 'react'
import { useDevices, useInvitationPreview, useMembers, usePartiesService, useReceivedInvitations, useRecovery } from 'plus-one/react'
import { completeWord } from 'plus-one/rendezvous/words'
import { nameOf } from './people.js'
import type { Place } from './app.js'
import type { Asked } from './asked.js'
import type { CreatedKind, Party, ReceivedInvitation } from 'plus-one'

interface HomeProps {
  all: readonly Party[]
  choose: (key: string) => void
  ask: (asked: Asked) => void
  goTo: (place: Place) => void
}

export function Home ({ all, choose, ask, goTo }: HomeProps) {
  const received = useReceivedInvitations()

  return (
    <>
      <h1>Invite someone with a link and a PIN</h1>
      <p className="lead">Two pages prove to each other that they know the same PIN, without sending it. The relay between them learns neither. <a href="both-sides.html">Watch both sides</a> on one page.</p>
      {received.length > 0 && (
        <section aria-labelledby="received">
          <h2 id="received">You are invited</h2>
          <ul className="cards">
            {received.map(invitation => <li key={invitation.from.toString()}><ReceivedCard invitation={invitation} onOpen={() => { ask(invitation) }} /></li>)}
          </ul>
        </section>
      )}
      {all.length > 0 && (
        <section aria-labelledby="yours">
          <h2 id="yours">Your parties</h2>
          <ul className="cards">
            {all.map(party => <li key={party.key}><PartyCard party={party} onOpen={() => { choose(party.key) }} /></li>)}
          </ul>
        </section>
      )}
      {all.length > 0 && <You isNew={false} goTo={goTo} />}
      <div className="two">
        <Create choose={choose} />
        <EnterCode ask={ask} />
      </div>
      {all.length === 0 && <You isNew goTo={goTo} />}
    </>
  )
}

/** One's devices, and what is left of them when they are lost; a reminder until that is done. */
function You ({ isNew, goTo }: { isNew: boolean, goTo: (place: Place) => void }) {
  const { length } = useDevices()
  const { isConfirmed } = useRecovery()

  return (
    <section className="you" aria-labelledby="you">
      <h2 id="you">You</h2>
      {!isConfirmed && !isNew && <p className="reminder"><b>Write your recovery words down.</b> Until then a lost device can lose you your parties.</p>}
      <ul className="cards">
        <li><button className="card" onClick={() => { goTo('devices') }}><b>My devices</b> <span>{length}</span></button></li>
        <li><button className="card" onClick={() => { goTo('recovery') }}><b>Recovery words</b> <span>{isConfirmed ? 'written down' : 'not written down yet'}</span></button></li>
        {isNew && length === 1 && <li><button className="card" onClick={() => { goTo('recover') }}><b>Recover</b> <span>I have my 12 words</span></button></li>}
      </ul>
    </section>
  )
}

function ReceivedCard ({ invitation, onOpen }: { invitation: ReceivedInvitation, onOpen: () => void }) {
  const { preview, error } = useInvitationPreview(invitation)

  return <button className="card" onClick={onOpen}><b>{preview?.party.name ?? 'An invitation'}</b> <span>{preview == null ? error?.message ?? 'asking…' : `from ${nameOf(preview.inviter)}`}</span></button>
}

function PartyCard ({ party, onOpen }: { party: Party, onOpen: () => void }) {
  const { length } = useMembers(party.key)

  return <button className="card" onClick={onOpen}><b>{party.name}</b> <span>{length} {length === 1 ? 'member' : 'members'}</span></button>
}

const KINDS: Record<CreatedKind, string> = {
  group: 'Group',
  community: 'Community, of many readers',
  contact: 'Contact, just us two'
}

function Create ({ choose }: { choose: (key: string) => void }) {
  const parties = usePartiesService()
  const [name, setName] = useState('')
  const [kind, setKind] = useState<CreatedKind>('group')
  const [problem, setProblem] = useState<string>()

  return (
    <form onSubmit={(event) => {
      event.preventDefault()
      parties.create({ name: name.trim() === '' ? 'Book club' : name.trim(), kind }).then(({ key }) => { choose(key) }, (err: Error) => { setProblem(err.message) })
    }}
    >
      <h2>Start a party</h2>
      <label htmlFor="name">Its name</label>
      <input id="name" value={name} maxLength={60} placeholder="Book club" onChange={({ target }) => { setName(target.value) }} />
      <label htmlFor="kind">Its kind</label>
      <select id="kind" value={kind} onChange={({ target }) => { setKind(target.value as CreatedKind) }}>
        {Object.entries(KINDS).map(([kind, text]) => <option key={kind} value={kind}>{text}</option>)}
      </select>
      <button className="primary">Create</button>
      {problem != null && <p role="alert" className="problem">{problem}.</p>}
    </form>
  )
}

function EnterCode ({ ask }: { ask: (code: string) => void }) {
  const [typed, setTyped] = useState('')

  return (
    <form onSubmit={(event) => { event.preventDefault(); ask(typed) }}>
      <h2>You were invited</h2>
      <label htmlFor="code">The link, the code, or the four words</label>
      <input id="code" list="words" value={typed} autoComplete="off" autoCapitalize="off" spellCheck={false} onChange={({ target }) => { setTyped(target.value) }} />
      <datalist id="words">{completions(typed).map(text => <option key={text} value={text} />)}</datalist>
      <p className="hint">On the phone they say the words first. You say whom you see; only then they say the PIN.</p>
      <button disabled={typed.trim() === ''}>Look at it</button>
    </form>
  )
}

/** The words typed so far, with the last of them completed. */
function completions (typed: string): string[] {
  const words = /^(?:\p{L}+[\s-]+){0,3}(?=(\p{L}{2,})$)/u.exec(typed)

  return words == null ? [] : completeWord(words[1] ?? '').map(word => `${words[0]}${word}`)
}
