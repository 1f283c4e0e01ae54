/** How an invitee reaches the inviter that a code names. */
import { isLoopback, isPrivate } from '@libp2p/utils'
import { Circuit, WebRTC } from '@multiformats/multiaddr-matcher'
import { InviterUnreachableError, NotPermittedError, ProtocolError } from '../../errors.js'
import { raceDials } from './dial-race.js'
import { assertSecure } from '../../network/secure.js'
import type { DialRaceComponents, DialRaceInit } from './dial-race.js'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { InvitationCode } from '../../codec/index.js'
import type { Connection, PeerId, Stream } from '@libp2p/interface'

export interface OpenStreamComponents extends DialRaceComponents {
  peerId: PeerId
}

export interface OpenStreamOptions extends Pick<DialRaceInit, 'more' | 'onProgress'> {
  signal: AbortSignal
}

/**
 * A code has room for 4 addresses. Each way to reach this node is there (WebRTC
 * through a relay, the relay itself, direct), by turns; of each, what works from
 * farthest away comes first, and WebSockets, which browsers dial too, before TCP.
 */
export function mostReachable (addresses: Multiaddr[]): Multiaddr[] {
  const cost = (address: Multiaddr): number => (isLoopback(address) ? 4 : isPrivate(address) ? 2 : 0) + (address.toString().includes('/ws') ? 0 : 1)
  const ways = [
    (address: Multiaddr) => WebRTC.matches(address),
    (address: Multiaddr) => Circuit.exactMatch(address),
    (address: Multiaddr) => !WebRTC.matches(address) && !Circuit.exactMatch(address)
  ].map(isOfWay => addresses.filter(isOfWay).sort((a, b) => cost(a) - cost(b)))
  const turns = Math.max(...ways.map(way => way.length))

  return Array.from({ length: turns }, (_, turn) => ways.flatMap(way => way.slice(turn, turn + 1))).flat()
}

/**
 * A stream to the inviter that the code names, and to no one else.
 *
 * @throws {InviterUnreachableError}
 * @throws {NotPermittedError} The code is this node's own.
 * @throws {ProtocolError} The connection is not encrypted.
 */
export async function openInviteStream (components: OpenStreamComponents, { inviter, addresses }: InvitationCode, { protocol, ...options }: OpenStreamOptions & { protocol: string }): Promise<{ stream: Stream, connection: Connection }> {
  if (inviter.equals(components.peerId)) {
    throw new NotPermittedError('This is your own invitation; hand its code to the person whom you invite')
  }

  return openStream(components, protocol, inviter, addresses, options)
}

/**
 * A stream of a protocol to one peer.
 *
 * @throws {InviterUnreachableError}
 * @throws {ProtocolError} The connection is not encrypted, or another peer answered.
 */
export async function openStream (components: OpenStreamComponents, protocol: string, peer: PeerId, addresses: Multiaddr[], { signal, ...options }: OpenStreamOptions): Promise<{ stream: Stream, connection: Connection }> {
  try {
    const connection = await raceDials(components, { peer, addresses, signal, ...options })

    if (!connection.remotePeer.equals(peer)) {
      throw new ProtocolError('Another peer answered than the code names; ask for a new code')
    }

    assertSecure(connection)
    const stream = await connection.newStream(protocol, { signal, runOnLimitedConnection: true })

    if (stream.status !== 'open') {
      throw new InviterUnreachableError()
    }

    return { stream, connection }
  } catch (err) {
    throwIfGivenUp(signal)
    throw err instanceof ProtocolError || err instanceof InviterUnreachableError ? err : new InviterUnreachableError(undefined, { cause: err })
  }
}

/** Throws the reason of whoever gave up; a deadline of ours that passed means that the inviter cannot be reached. */
export function throwIfGivenUp (signal: AbortSignal): void {
  if (signal.aborted && (signal.reason as Error | undefined)?.name !== 'TimeoutError') {
    throw signal.reason
  }
}
