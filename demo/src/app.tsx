import { useEffect, useState } from 'react'
import { forgetCode, useCode, useLinks } from './asked.js'
import { DevicesPage } from './devices.js'
import { SecondPerson } from './elsewhere.js'
import { Ended } from './ended.js'
import { Home } from './home.js'
import { Join } from './join.js'
import { saveName, storedName } from './me.js'
import { NewsPage, Toasts, useUnseen } from './news-page.js'
import { useOnline } from './online.js'
import { PartyPage } from './party.js'
import { RecoverPage } from './recover.js'
import { RecoveryPage } from './recovery.js'
import { go, hrefOf, useRoute } from './routes.js'
import { setTitle } from './title.js'
import { useTidyShared } from './shared-kept.js'
import { useParties, useReceivedInvitations } from 'plus-one/react'
import type { Asked } from './asked.js'
import type { BrowserNode } from './node.js'

/** What is on all screens, and which one is shown. @param first - The person of another tab, whom this one is not */
export function App ({ node, first }: { node: BrowserNode, first?: string }) {
  const [isSecond, setSecond] = useState(first != null)
  const online = useOnline()
  const linkProblem = useLinks()
  useTidyShared(node.peerId)
  const { at } = useRoute()
  const { parties: all, error } = useParties()
  const problem = (at === 'home' ? linkProblem : undefined) ?? error?.message
  // who has linked this device has told its person's name
  const [name, setName] = useState(() => storedName(node.peerId))

  const become = (name: string): void => {
    if (name !== '') {
      setName(name)
      saveName(node.services.parties, node.peerId, name)
    }
  }

  // another device has told it, or the log that came back
  const told = all.flatMap(({ members }) => members).find(({ self, profile }) => self && profile.displayName != null)?.profile.displayName
  useEffect(() => { if (told != null && storedName(node.peerId) === '') { setName(name => name === '' ? told : name) } }, [told, node])

  return (
    <>
      <a className="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById('main')?.focus() }}>Skip to the content</a>
      <header>
        <a className="brand" href={hrefOf({ at: 'home' })}>plus-one</a>
        <span className={online ? 'pill on' : 'pill'} role="status">{online ? 'online' : 'connecting…'}</span>
        <NewsLink />
        <input className="me" dir="auto" aria-label="Your name" placeholder="Your name" value={name} maxLength={40} onChange={({ target }) => { setName(target.value) }} title={node.peerId.toString()} onBlur={() => { saveName(node.services.parties, node.peerId, name) }} />
      </header>
      {isSecond && first != null && <SecondPerson first={first} onDismiss={() => { setSecond(false) }} />}
      <main id="main" tabIndex={-1}>
        {problem != null && <p role="alert" className="problem">{problem}.</p>}
        <Screen become={become} isNameless={name === ''} />
      </main>
      <Toasts />
    </>
  )
}

/** How much is new, on every screen. */
function NewsLink () {
  const unseen = useUnseen()

  return <a className="bell" href={hrefOf({ at: 'news' })}>News{unseen > 0 && <> <span className="badge">{unseen}<span className="sr"> new</span></span></>}</a>
}

function Screen ({ become, isNameless }: { become: (name: string) => void, isNameless: boolean }) {
  const route = useRoute()
  const code = useCode()
  const received = useReceivedInvitations()
  const { parties: all } = useParties()
  const home = (): void => { go({ at: 'home' }) }

  // its heading is the element's
  useEffect(() => { if (route.at === 'join' || route.at === 'received') { setTitle('Invitation') } }, [route.at])

  switch (route.at) {
    case 'home': return <Home all={all} isNameless={isNameless} onNamed={become} />
    case 'devices': return <DevicesPage all={all} onReset={home} />
    case 'news': return <NewsPage />
    case 'recovery': return <RecoveryPage onDone={home} />
    case 'recover': return <RecoverPage all={all} onBack={become} onDone={home} />
    case 'party': return <PartyPage key={route.key} partyKey={route.key} invite={route.invite} all={all} />
    case 'join':
    case 'received': {
      const invitation: Asked | undefined = route.at === 'join' ? code : received.find(({ from }) => from.toString() === route.from)

      return invitation == null
        ? <Ended />
        : (
            <Join
              invitation={invitation}
              onJoined={(key) => { go({ at: 'party', key }, { replace: true }); forgetCode() }}
              onLinked={(name) => { go({ at: 'devices' }, { replace: true }); forgetCode(); become(name) }}
              onNamed={become}
              onLeave={() => { go({ at: 'home' }, { replace: true }); forgetCode() }}
            />
          )
    }
  }
}
