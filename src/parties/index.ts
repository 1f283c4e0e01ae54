/**
 * The libp2p service: invitations and redemptions, their life, persistence and
 * events.
 *
 * @packageDocumentation
 */
import { PartiesService } from './parties.js'
import type { Parties, PartiesInit } from '../interface/index.js'
import type { PartiesComponents } from './parties.js'

export { KIND_DEFAULTS } from '../interface/index.js'
export { handleInviteLink } from '../admission/invite-link.js'
export type * from '../interface/index.js'
export type { InviteLinkOptions, PageWindow } from '../admission/invite-link.js'
export type { PartiesComponents }

/**
 * The service's factory, for `createLibp2p({ services: { identify: identify(), parties: parties() } })`.
 *
 * @throws {UnsupportedKeyError} The node's key is not Ed25519.
 */
export function parties (init: PartiesInit = {}): (components: PartiesComponents) => Parties {
  return (components) => new PartiesService(components, init)
}
