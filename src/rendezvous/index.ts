/**
 * Where short codes are published and found, for `parties({ rendezvous: […] })`;
 * `/rendezvous/1.0.0` itself; and what a page needs to help in typing a short code.
 *
 * @packageDocumentation
 */
export { looksLikeShortCode } from '../codec/index.js'
export { cidOf, contentRouting } from './content-routing.js'
export { RendezvousClient, rendezvousServer, RendezvousStatusError } from './protocol/index.js'
export { rendezvousPoints } from './points.js'
export { completeWord, createShortCode, encodeShortCode, parseShortCode } from './words.js'
export type { ContentRoutingComponents, ContentRoutingInit } from './content-routing.js'
export type { Publication, PublishOptions, Rendezvous } from './interface.js'
export type { RendezvousPointsComponents, RendezvousPointsInit } from './points.js'
export type { ShortCode } from './words.js'
export type * from './protocol/interface.js'
