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
 * @throws as `reachInviter` and `streamOn`
 */
export async function openInviteStream (components: OpenStreamComponents, code: InvitationCode, { protocol, ...options }: OpenStreamOptions & { protocol: string }): Promise<{ stream: Stream, connection: Connection }> {
  const connection = await reachInviter(components, code, options)

  return { stream: await streamOn(connection, protocol, options.signal), connection }
}

/**
 * A connection to the inviter that the code names.
 *
 * @throws {InviterUnreachableError}
 * @throws {NotPermittedError} The code is this node's own.
 * @throws {ProtocolError} The connection is not encrypted.
 */
export async function reachInviter (components: OpenStreamComponents, { inviter, addresses }: InvitationCode, options: OpenStreamOptions): Promise<Connection> {
  if (inviter.equals(components.peerId)) {
    throw new NotPermittedError('This is your own invitation; hand its code to the person whom you invite')
  }

  return reach(components, inviter, addresses, options)
}

/**
 * A stream of a protocol to one peer.
 *
 * @throws {InviterUnreachableError}
 * @throws {ProtocolError} The connection is not encrypted, or another peer answered.
 */
export async function openStream (components: OpenStreamComponents, protocol: string, peer: PeerId, addresses: Multiaddr[], options: OpenStreamOptions): Promise<{ stream: Stream, connection: Connection }> {
  const connection = await reach(components, peer, addresses, options)

  return { stream: await streamOn(connection, protocol, options.signal), connection }
}

/** A stream on a connection that stands. @throws {InviterUnreachableError} */
export async function streamOn (connection: Connection, protocol: string, signal: AbortSignal): Promise<Stream> {
  return unreachable(signal, async () => {
    const stream = await connection.newStream(protocol, { signal, runOnLimitedConnection: true })

    if (stream.status !== 'open') {
      throw new InviterUnreachableError()
    }

    return stream
  })
}

async function reach (components: OpenStreamComponents, peer: PeerId, addresses: Multiaddr[], options: OpenStreamOptions): Promise<Connection> {
  return unreachable(options.signal, async () => {
    const connection = await raceDials(components, { peer, addresses, ...options })

    if (!connection.remotePeer.equals(peer)) {
      throw new ProtocolError('Another peer answered than the code names; ask for a new code')
    }

    assertSecure(connection)

    return connection
  })
}

/** What fails in the network means that the inviter cannot be reached. */
async function unreachable <T> (signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
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
