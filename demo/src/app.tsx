import { useState } from 'react'
import { useAsked } from './asked.js'
import { Home } from './home.js'
import { Join } from './join.js'
import { useOnline } from './online.js'
import { PartyPage } from './party.js'
import { useParties } from 'plus-one/react'
import type { BrowserNode } from './node.js'

export function App ({ node }: { node: BrowserNode }) {
  const online = useOnline()
  const { parties: all, error } = useParties()
  const { asked, problem, ask } = useAsked()
  const [partyKey, choose] = useState<string>()

  return (
    <>
      <header>
        <button className="brand" onClick={() => { choose(undefined); ask(undefined) }}>plus-one</button>
        <span className={online ? 'pill on' : 'pill'} role="status">{online ? 'online' : 'connecting…'}</span>
        <input className="me" aria-label="Your name" placeholder="Your name" defaultValue={localStorage.getItem(`name ${node.peerId.toString()}`) ?? ''} maxLength={40} title={node.peerId.toString()} onBlur={({ target }) => { saveName(node, target.value) }} />
      </header>
      <main>
        {(problem ?? error) != null && <p role="alert" className="problem">{problem ?? error?.message}.</p>}
        {asked != null
          ? <Join invitation={asked} onJoined={(key) => { ask(undefined); choose(key) }} onLeave={() => { ask(undefined) }} />
          : partyKey != null
            ? <PartyPage key={partyKey} partyKey={partyKey} all={all} />
            : <Home all={all} choose={choose} ask={ask} />}
      </main>
    </>
  )
}

function saveName (node: BrowserNode, displayName: string): void {
  localStorage.setItem(`name ${node.peerId.toString()}`, displayName)
  node.services.parties.setProfile({ displayName }).catch(() => {})
}
