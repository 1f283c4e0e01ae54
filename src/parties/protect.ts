/**
 * Guards an app's own protocol: members only, of a rank if asked, by the view as
 * it is at each moment.
 *
 * It wraps the handler instead of using libp2p's stream middleware: there, libp2p
 * 3.3 appends the handler to the stored list at each inbound stream, so that the
 * second stream would be handled twice.
 */
import { NotPermittedError } from '../errors.js'
import { keyOf, ROLES } from '../log/terms.js'
import type { MembershipLog, Role } from '../log/index.js'
import type { PeerId, StreamHandler } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'

export interface ProtectComponents {
  registrar: Registrar
  connectionManager: ConnectionManager
}

/**
 * @param role - The least rank that may open streams
 * @returns What takes the guard away again
 * @throws {TypeError} The protocol has no handler yet.
 */
export async function protect ({ registrar, connectionManager }: ProtectComponents, log: MembershipLog, protocol: string, role: Role): Promise<() => Promise<void>> {
  const { handler, options } = handlerOf(registrar, protocol)
  const isPermitted = (peer: PeerId): boolean => {
    const member = peer.type === 'Ed25519' ? log.member(keyOf(peer)) : undefined

    return member != null && ROLES.indexOf(member.role) <= ROLES.indexOf(role)
  }

  const guarded: StreamHandler = async (stream, connection) => {
    if (!isPermitted(connection.remotePeer)) {
      stream.abort(refusal(protocol))
      return
    }

    await handler(stream, connection)
  }

  const close = (): void => {
    for (const connection of connectionManager.getConnections()) {
      if (!isPermitted(connection.remotePeer)) {
        connection.streams.filter(stream => stream.protocol === protocol).forEach(stream => { stream.abort(refusal(protocol)) })
      }
    }
  }

  await registrar.handle(protocol, guarded, { ...options, force: true })
  log.addEventListener('ops', close)

  return async () => {
    log.removeEventListener('ops', close)

    if (handlerOf(registrar, protocol).handler === guarded) {
      await registrar.handle(protocol, handler, { ...options, force: true })
    }
  }
}

function handlerOf (registrar: Registrar, protocol: string): ReturnType<Registrar['getHandler']> {
  try {
    return registrar.getHandler(protocol)
  } catch {
    throw new TypeError(`There is no handler for ${protocol} yet; call node.handle() first, then protect()`)
  }
}

function refusal (protocol: string): Error {
  return new NotPermittedError(`The peer is not a member of the party, or not of the rank that ${protocol} is for`)
}
