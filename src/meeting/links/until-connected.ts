/** Waits for a connection that somebody else opens. */
import { raceSignal } from 'race-signal'
import { keyOf, peerIdOf } from '../../log/terms.js'
import type { Key } from '../../log/index.js'
import type { Libp2pEvents, PeerId, TypedEventTarget } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

export interface Connections {
  connectionManager: ConnectionManager
  events: TypedEventTarget<Libp2pEvents>
}

/** Resolves when this node is connected with this key. @throws the signal's reason */
export async function untilConnected ({ connectionManager, events }: Connections, key: Key, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const onConnect = ({ detail }: CustomEvent<PeerId>): void => {
    if (detail.type === 'Ed25519' && keyOf(detail) === key) {
      resolve()
    }
  }
  events.addEventListener('peer:connect', onConnect)

  try {
    if (connectionManager.getConnections(peerIdOf(key)).length === 0) {
      await raceSignal(promise, signal)
    }
  } finally {
    events.removeEventListener('peer:connect', onConnect)
  }
}
