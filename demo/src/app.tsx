import { useState } from 'react'
import { useAsked } from './asked.js'
import { DevicesPage } from './devices.js'
import { Home } from './home.js'
import { Join } from './join.js'
import { saveName, storedName } from './me.js'
import { useOnline } from './online.js'
import { PartyPage } from './party.js'
import { RecoverPage } from './recover.js'
import { RecoveryPage } from './recovery.js'
import { useParties } from 'plus-one/react'
import type { BrowserNode } from './node.js'

/** Screens but a party's, and joining. */
export type Place = 'home' | 'devices' | 'recovery' | 'recover'

export function App ({ node }: { node: BrowserNode }) {
  const online = useOnline()
  const { parties: all, error } = useParties()
  const { asked, problem, ask } = useAsked()
  const [partyKey, setPartyKey] = useState<string>()
  const [place, setPlace] = useState<Place>('home')
  // who has linked this device has told its person's name
  const [name, setName] = useState(() => storedName(node.peerId))
  const choose = (key: string): void => { setPartyKey(key); setPlace('home') }
  const goTo = (place: Place): void => { setPartyKey(undefined); ask(undefined); setPlace(place) }

  const become = (name: string): void => {
    if (name !== '') {
      setName(name)
      saveName(node.services.parties, node.peerId, name)
    }
  }

  return (
    <>
      <header>
        <button className="brand" onClick={() => { goTo('home') }}>plus-one</button>
        <span className={online ? 'pill on' : 'pill'} role="status">{online ? 'online' : 'connecting…'}</span>
        <input className="me" aria-label="Your name" placeholder="Your name" value={name} maxLength={40} onChange={({ target }) => { setName(target.value) }} title={node.peerId.toString()} onBlur={() => { saveName(node.services.parties, node.peerId, name) }} />
      </header>
      <main>
        {(problem ?? error) != null && <p role="alert" className="problem">{problem ?? error?.message}.</p>}
        {asked != null
          ? <Join invitation={asked} onJoined={(key) => { ask(undefined); choose(key) }} onLinked={(name) => { goTo('devices'); become(name) }} onLeave={() => { ask(undefined) }} />
          : partyKey != null
            ? <PartyPage key={partyKey} partyKey={partyKey} all={all} onForgotten={() => { goTo('home') }} />
            : place === 'devices'
              ? <DevicesPage all={all} onReset={() => { goTo('home') }} />
              : place === 'recovery'
                ? <RecoveryPage onDone={() => { goTo('home') }} />
                : place === 'recover'
                  ? <RecoverPage all={all} onBack={become} onDone={() => { goTo('home') }} />
                  : <Home all={all} choose={choose} ask={ask} goTo={goTo} />}
      </main>
    </>
  )
}
