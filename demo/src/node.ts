import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { loadOrCreateSelfKey } from '@libp2p/config'
import { identify } from '@libp2p/identify'
import { webRTC } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { multiaddr } from '@multiformats/multiaddr'
import { IDBDatastore } from 'datastore-idb'
import { createLibp2p } from 'libp2p'
import { parties } from 'plus-one'
import { rendezvousPoints } from 'plus-one/rendezvous'
import type { Identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import type { Parties } from 'plus-one'

export type BrowserNode = Libp2p<{ identify: Identify, parties: Parties }>

/**
 * The recipe for a browser: WebRTC between pages, found and signalled through a
 * relay; a key and parties that a reload keeps.
 *
 * @param profile - Names the store: one for each person
 */
export async function createBrowserNode (profile: string): Promise<BrowserNode> {
  const datastore = new IDBDatastore(`plus-one/${profile}`)
  await datastore.open()

  return createLibp2p({
    datastore,
    privateKey: await loadOrCreateSelfKey(datastore),
    addresses: { listen: ['/p2p-circuit', '/webrtc'] },
    transports: [
      webSockets(),
      // no STUN servers: right for one machine or network; name yours for the internet
      webRTC({ rtcConfiguration: { iceServers: [] } }),
      circuitRelayTransport()
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // a browser's default gater denies ws: and private addresses, which a relay on this machine has
    connectionGater: import.meta.env.DEV ? { denyDialMultiaddr: () => false } : {},
    services: {
      identify: identify(),
      parties: parties({
        linkBase: location.origin + location.pathname,
        rendezvous: [rendezvousPoints()],
        // somebody looks at the page: better told soon, and asked to try again
        connectTimeout: 15_000
      })
    }
  })
}

/** The first wait before the relay is dialled again, ms; it doubles up to the second. */
const BACKOFF = [500, 8_000] as const

/** How long a place at the relay may take, ms. */
const RESERVATION_PATIENCE = 5_000

/**
 * Keeps a connection to the relay, and so a place where others find this node.
 *
 * @param find - Where the relay is now
 * @param changed - Called with whether it can be reached
 */
export async function keepRelay (node: BrowserNode, find: () => Promise<string[]>, changed: (online: boolean) => void, signal: AbortSignal): Promise<void> {
  let wait: number = BACKOFF[0]

  while (!signal.aborted) {
    try {
      const connection = await node.dial((await find()).map(address => multiaddr(address)), { signal })
      await reserved(node)
      changed(true)
      wait = BACKOFF[0]
      await new Promise<void>(resolve => { connection.addEventListener('close', () => { resolve() }, { once: true }) })
    } catch {
      // it is away: try again
    }

    changed(false)
    await new Promise(resolve => setTimeout(resolve, wait))
    wait = Math.min(2 * wait, BACKOFF[1])
  }
}

/** Others find this node once it has a place at the relay. Not for long: who only joins needs none, and the relay may be full. */
async function reserved (node: BrowserNode): Promise<void> {
  const isReserved = (): boolean => node.getMultiaddrs().some(address => address.getComponents().some(({ name }) => name === 'p2p-circuit'))

  // libp2p tells of new addresses a second later
  for (let waited = 0; waited < RESERVATION_PATIENCE && !isReserved(); waited += 50) {
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
