/**
 * Where short codes are published and found, for `parties({ rendezvous: […] })`.
 * The protocol itself is in plus-one/rendezvous/protocol, and what a page needs to
 * help in typing a short code in plus-one/rendezvous/words: what reaches them loads
 * them, and this entry does not before something is published or looked for.
 *
 * @packageDocumentation
 */
export { cidOf, contentRouting } from './content-routing.js'
export { rendezvousPoints } from './points.js'
export type { ContentRoutingComponents, ContentRoutingInit } from './content-routing.js'
export type { Publication, PublishOptions, Rendezvous, RendezvousPointsComponents, RendezvousPointsInit } from './interface.js'
export type { Timers } from '../async/clock.js'
