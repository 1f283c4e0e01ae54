/**
 * The libp2p service: composes parties, their sync and the invitations into them.
 *
 * @packageDocumentation
 */
import { PartiesService } from './parties.js'
import type { Parties, PartiesComponents, PartiesInit } from '../interface/index.js'

/**
 * The service's factory, for `createLibp2p({ services: { identify: identify(), parties: parties() } })`.
 *
 * @throws {UnsupportedKeyError} The node's key is not Ed25519.
 */
export function parties (init: PartiesInit = {}): (components: PartiesComponents) => Parties {
  return (components) => new PartiesService(components, init)
}
