import { useEffect, useState } from 'react'
import { useMembers, useParties, useParty } from 'plus-one/react'
import { InviteCard } from './invite.js'
import { Join } from './join.js'
import { useOnline } from './online.js'
import type { BrowserNode } from './node.js'
import type { Party } from 'plus-one'

/** Takes the code out of the address bar, so that it stays in no history; the tab remembers it for a reload. */
function takeCode (): string | undefined {
  const code = location.hash.slice(1)

  if (code !== '') {
    history.replaceState(null, '', location.pathname + location.search)
    sessionStorage.setItem('code', code)
  }

  return sessionStorage.getItem('code') ?? undefined
}

export function App ({ node }: { node: BrowserNode }) {
  const parties = useParties()
  const online = useOnline()
  const [all, setAll] = useState<Party[]>([])
  const [partyKey, choose] = useState<string>()
  const [code, rememberCode] = useState(takeCode)
  const setCode = (code: string | undefined): void => {
    if (code == null) {
      sessionStorage.removeItem('code')
    } else {
      sessionStorage.setItem('code', code)
    }

    rememberCode(code)
  }
  const [problem, setProblem] = useState<string>()

  useEffect(() => {
    const refresh = (): void => { parties.list().then(setAll, (err: Error) => { setProblem(err.message) }) }
    const onHash = (): void => { rememberCode(takeCode()) }
    refresh()
    parties.addEventListener('party', refresh)
    addEventListener('hashchange', onHash)

    return () => {
      parties.removeEventListener('party', refresh)
      removeEventListener('hashchange', onHash)
    }
  }, [parties])

  return (
    <>
      <header>
        <button className="brand" onClick={() => { choose(undefined); setCode(undefined) }}>plus-one</button>
        <span className={online ? 'pill on' : 'pill'} role="status">{online ? 'online' : 'connecting…'}</span>
        <input className="me" aria-label="Your name" placeholder="Your name" defaultValue={localStorage.getItem(`name ${node.peerId.toString()}`) ?? ''} maxLength={40} title={node.peerId.toString()} onBlur={({ target }) => { saveName(node, target.value) }} />
      </header>
      <main>
        {problem != null && <p role="alert" className="problem">{problem}</p>}
        {code != null
          ? <Join code={code} onJoined={(key) => { setCode(undefined); choose(key) }} onLeave={() => { setCode(undefined) }} />
          : partyKey != null
            ? <PartyPage partyKey={partyKey} />
            : <Home all={all} choose={choose} join={setCode} />}
      </main>
    </>
  )
}

function saveName (node: BrowserNode, displayName: string): void {
  localStorage.setItem(`name ${node.peerId.toString()}`, displayName)
  node.services.parties.setProfile({ displayName }).catch(() => {})
}

function Home ({ all, choose, join }: { all: Party[], choose: (key: string) => void, join: (code: string) => void }) {
  const parties = useParties()
  const [name, setName] = useState('')
  const [typed, setTyped] = useState('')

  return (
    <>
      <h1>Invite someone with a link and a PIN</h1>
      <p className="lead">Two pages prove to each other that they know the same PIN, without sending it. The relay between them learns neither. <a href="both-sides.html">Watch both sides</a> on one page.</p>
      {all.length > 0 && (
        <section aria-labelledby="yours">
          <h2 id="yours">Your parties</h2>
          <ul className="cards">
            {all.map(party => <li key={party.key}><PartyCard party={party} onOpen={() => { choose(party.key) }} /></li>)}
          </ul>
        </section>
      )}
      <div className="two">
        <form onSubmit={(event) => {
          event.preventDefault()
          parties.create({ name: name.trim() === '' ? 'Book club' : name.trim() }).then(({ key }) => { choose(key) }, () => {})
        }}
        >
          <h2>Start a party</h2>
          <label htmlFor="name">Its name</label>
          <input id="name" value={name} maxLength={60} placeholder="Book club" onChange={({ target }) => { setName(target.value) }} />
          <button className="primary">Create</button>
        </form>
        <form onSubmit={(event) => { event.preventDefault(); join(typed) }}>
          <h2>You were invited</h2>
          <label htmlFor="code">The link or code</label>
          <input id="code" value={typed} autoComplete="off" spellCheck={false} onChange={({ target }) => { setTyped(target.value) }} />
          <button disabled={typed.trim() === ''}>Look at it</button>
        </form>
      </div>
    </>
  )
}

function PartyCard ({ party, onOpen }: { party: Party, onOpen: () => void }) {
  const { length } = useMembers(party.key)

  return <button className="card" onClick={onOpen}><b>{party.name}</b> <span>{length} {length === 1 ? 'member' : 'members'}</span></button>
}

function PartyPage ({ partyKey }: { partyKey: string }) {
  const party = useParty(partyKey)
  const members = useMembers(partyKey)
  const online = useOnline()
  const [inviting, setInviting] = useState(false)
  const mayInvite = party?.role === 'owner' || party?.role === 'admin'

  return (
    <>
      <h1>{party?.name ?? 'Loading…'}</h1>
      <section aria-labelledby="members">
        <h2 id="members">Members</h2>
        <ul className="members" aria-label="Members" aria-live="polite">
          {members.map(({ peerId, role, profile, self }) => (
            <li key={peerId.toString()}>
              <span className="dot" style={{ '--hue': hueOf(peerId.toString()) } as React.CSSProperties} aria-hidden="true" />
              <span>{profile.displayName ?? `…${peerId.toString().slice(-6)}`}{self ? ' (you)' : ''}</span>
              <span className="role">{role}</span>
            </li>
          ))}
        </ul>
      </section>
      {mayInvite && (inviting
        ? <InviteCard partyKey={partyKey} onClose={() => { setInviting(false) }} />
        : <button className="primary" disabled={!online} onClick={() => { setInviting(true) }}>{online ? 'Invite someone' : 'Waiting for the relay…'}</button>)}
    </>
  )
}

function hueOf (text: string): number {
  return [...text].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 360, 7)
}
