import { PartiesProvider } from 'plus-one/react'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.js'
import { cancelLeft } from './cancelling.js'
import { createBrowserNode, keepRelay } from './node.js'
import { takeProfile } from './profile.js'
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

  const node = await createBrowserNode(await takeProfile())

  if (import.meta.env.DEV) {
    // to look around in the console, and for the end-to-end tests
    Object.assign(globalThis, { node })
  }

  await watchNews(node.services.parties)
  await cancelLeft(node.services.parties)
  keepRelay(node, relays, setOnline, new AbortController().signal).catch(() => {})
  root.render(<StrictMode><PartiesProvider node={node}><App node={node} /></PartiesProvider></StrictMode>)
}

start().catch((err: Error) => { say('plus-one could not start', `${err.message}. Load the page again.`) })
