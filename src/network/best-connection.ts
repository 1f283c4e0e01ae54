/** Which of several connections with a peer is used. */
import type { Connection, PeerId } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

/** A direct connection where there is one: a relayed one is cut after 2 minutes or 128 KiB. The newest: a peer that came again may have left the others. */
export function bestConnection (connectionManager: Pick<ConnectionManager, 'getConnections'>, peer: PeerId): Connection | undefined {
  const open = connectionManager.getConnections(peer).filter(({ status }) => status === 'open')

  return open.findLast(({ limits }) => limits == null) ?? open.at(-1)
}
