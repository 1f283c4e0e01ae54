/**
 * `/rendezvous/1.0.0` (libp2p specs, rendezvous/README.md, r3) for js-libp2p, which
 * has none: a client, and a rendezvous point as a service. It knows nothing of
 * plus-one but how a length prefix is read, time is told, and strangers share.
 *
 * ```ts
 * const point = await createLibp2p({ datastore, services: { rendezvous: rendezvousServer() } })
 *
 * const client = new RendezvousClient(components)
 * await client.register(point, 'my-app')
 * const { peers, cookie } = await client.discover(point, 'my-app')
 * ```
 *
 * What differs from the recommendations: peers of all namespaces are listed for
 * nobody unless `mayListAll` says so (E_NOT_AUTHORIZED); a point is full at some
 * number of registrations, and then shares its places (E_UNAVAILABLE where that
 * gives none); a registration is not taken where a newer
 * record of the peer is there (E_INVALID_SIGNED_PEER_RECORD).
 *
 * @packageDocumentation
 */
import { RendezvousService } from './server.js'
import type { RendezvousServer, RendezvousServerComponents, RendezvousServerInit } from './interface.js'

export { RendezvousClient } from './client.js'
export { DEFAULT_TTL, MAX_TTL, MIN_TTL, RENDEZVOUS_PROTOCOL } from './constants.js'
export { RendezvousStatusError, ResponseStatus } from './errors.js'
export type * from './interface.js'

/** The service's factory: what makes a node, a relay say, a rendezvous point. */
export function rendezvousServer (init: RendezvousServerInit = {}): (components: RendezvousServerComponents) => RendezvousServer {
  return components => new RendezvousService(components, init)
}
