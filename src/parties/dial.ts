/** How an invitee reaches the inviter that a code names. */
import { isLoopback, isPrivate } from '@libp2p/utils'
import { Circuit } from '@multiformats/multiaddr-matcher'
import { InviterUnreachableError, NotPermittedError, ProtocolError } from '../errors.js'
import { INVITE_PROTOCOL } from '../invitation/index.js'
import { assertSecure } from './serve.js'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { InvitationCode } from '../codec/index.js'
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

export interface DialComponents {
  peerId: PeerId
  connectionManager: ConnectionManager
}

/** A code has room for 4 addresses: relayed and public ones first, as they work from anywhere; loopback ones last. */
export function mostReachable (addresses: Multiaddr[]): Multiaddr[] {
  const reach = (address: Multiaddr): number => {
    if (Circuit.matches(address)) {
      return 0
    }

    return isLoopback(address) ? 3 : isPrivate(address) ? 2 : 1
  }

  return [...addresses].sort((a, b) => reach(a) - reach(b))
}

/** A direct connection where there is one: a relayed one is cut after 2 minutes or 128 KiB. */
export function bestConnection ({ connectionManager }: Pick<DialComponents, 'connectionManager'>, peer: PeerId): Connection | undefined {
  const open = connectionManager.getConnections(peer).filter(({ status }) => status === 'open')

  return open.find(({ limits }) => limits == null) ?? open[0]
}

/**
 * A stream to the inviter that the code names, and to no one else.
 *
 * @throws {InviterUnreachableError}
 * @throws {NotPermittedError} The code is this node's own.
 * @throws {ProtocolError} The connection is not encrypted.
 */
export async function openInviteStream (components: DialComponents, { inviter, addresses }: InvitationCode, signal: AbortSignal): Promise<{ stream: Stream, connection: Connection }> {
  if (inviter.equals(components.peerId)) {
    throw new NotPermittedError('This is your own invitation; hand its code to the person whom you invite')
  }

  try {
    const dialled = bestConnection(components, inviter) ??
      await components.connectionManager.openConnection(addresses.length > 0 ? addresses : inviter, { signal })
    const connection = bestConnection(components, inviter) ?? dialled

    if (!connection.remotePeer.equals(inviter)) {
      throw new ProtocolError('Another peer answered than the code names; ask for a new code')
    }

    assertSecure(connection)
    const stream = await connection.newStream(INVITE_PROTOCOL, { signal, runOnLimitedConnection: true })

    if (stream.status !== 'open') {
      throw new InviterUnreachableError()
    }

    return { stream, connection }
  } catch (err) {
    signal.throwIfAborted()
    throw err instanceof ProtocolError || err instanceof InviterUnreachableError ? err : new InviterUnreachableError(undefined, { cause: err })
  }
}
