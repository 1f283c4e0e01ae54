import { PartiesProvider } from 'plus-one/react'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.js'
import { cancelLeft, leaveCancelling } from './cancelling.js'
import { Elsewhere } from './elsewhere.js'
import { createBrowserNode, keepRelay } from './node.js'
import { giveTo, takeProfile } from './profile.js'
import { setOnline } from './online.js'
import { watchNews } from './watch-news.js'
import './style.css'

const root = createRoot(document.getElementById('app') as HTMLElement)

/** What a browser that lacks something is told, instead of a blank page. */
function say (title: string, advice: string): void {
  root.render(<main><h1>{title}</h1><p role="alert">{advice}</p></main>)
}

async function relays (): Promise<string[]> {
  const response = await fetch('/relay.json', { cache: 'no-store' })

  return await response.json() as string[]
}

async function start (): Promise<void> {
  if (!('RTCPeerConnection' in globalThis)) {
    say('This browser has no WebRTC', 'Open this page in a current Firefox, Chrome, Edge or Safari.')
    return
  }

  if (!('indexedDB' in globalThis)) {
    say('This browser keeps nothing', 'Leave the private window, or allow this page to store data, and load it again.')
    return
  }

  const { name, release, first } = await takeProfile()
  const elsewhere = (): void => { root.render(<StrictMode><Elsewhere name={name} /></StrictMode>) }

  if (release == null) {
    elsewhere()
    return
  }

  const starting = createBrowserNode(name)
  const controller = new AbortController()

  giveTo(name, release, async () => {
    controller.abort()
    leaveCancelling()
    elsewhere()
    await (await starting).stop()
  })

  const node = await starting

  if (import.meta.env.DEV) {
    // to look around in the console, and for the end-to-end tests
    Object.assign(globalThis, { node })
  }

  await watchNews(node.services.parties)
  await cancelLeft(node.services.parties, node.peerId)
  keepRelay(node, relays, setOnline, controller.signal).catch(() => {})
  root.render(<StrictMode><PartiesProvider node={node}><App node={node} first={first} /></PartiesProvider></StrictMode>)
}

start().catch((err: Error) => { say('plus-one could not start', `${err.message}. Load the page again.`) })
