/** What meeting hears of its node's network: who comes and goes there, and when the node may be somewhere else. */
import { RENDEZVOUS_PROTOCOL } from '../../rendezvous/protocol/constants.js'
import type { MeetingComponents } from './interface.js'
import type { PeerId } from '@libp2p/interface'

export interface NetworkListener {
  onConnect: (peer: PeerId) => void
  /** @param isPoint - Parties may be found there */
  onIdentify: (peer: PeerId, isPoint: boolean) => void
  onDisconnect: (peer: PeerId) => void
  /** This node has other addresses, or is online again. */
  onMove: () => void
}

export class NetworkEvents {
  readonly #components: Pick<MeetingComponents, 'events' | 'addressManager'>
  /** Where this node was when it was last looked. */
  #addresses: string

  constructor (components: Pick<MeetingComponents, 'events' | 'addressManager'>) {
    this.#components = components
    this.#addresses = this.#addressesNow()
  }

  /** @param signal - Ends it */
  follow ({ onConnect, onIdentify, onDisconnect, onMove }: NetworkListener, signal: AbortSignal): void {
    const { events } = this.#components
    events.addEventListener('peer:connect', ({ detail }) => { onConnect(detail) }, { signal })
    events.addEventListener('peer:identify', ({ detail: { peerId, protocols } }) => { onIdentify(peerId, protocols.includes(RENDEZVOUS_PROTOCOL)) }, { signal })
    events.addEventListener('peer:disconnect', ({ detail }) => { onDisconnect(detail) }, { signal })
    events.addEventListener('self:peer:update', () => {
      const now = this.#addressesNow()

      if (now !== this.#addresses) {
        this.#addresses = now
        onMove()
      }
    }, { signal })
    // a browser's page; elsewhere nobody tells it
    globalThis.addEventListener?.('online', onMove, { signal })
  }

  #addressesNow (): string {
    return this.#components.addressManager.getAddresses().map(String).sort().join(' ')
  }
}
