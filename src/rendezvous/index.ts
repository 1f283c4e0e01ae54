/**
 * Where short codes are published and found, for `parties({ rendezvous: […] })`;
 * and what a page needs to help in typing one.
 *
 * @packageDocumentation
 */
export { completeWord, createShortCode, encodeShortCode, parseShortCode } from './words.js'
export type { Publication, PublishOptions, Rendezvous } from './interface.js'
export type { ShortCode } from './words.js'
