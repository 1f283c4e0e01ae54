/**
 * What the two exchanges over CPace share, that of an invitation and that of a
 * short code: how a side is written, how a run is bound and confirmed, and how a
 * side refuses. Pure: no clock, no network, no storage.
 *
 * @packageDocumentation
 */
export { drive, perform, StreamEnd } from './machine.js'
export { refusing, VersionError } from './refusing.js'
export { NONCE_LENGTH, SHARE_LENGTH } from './constants.js'
export { confirm, initiate, respond } from './run.js'
export type { CommonEffect, Handshake } from './machine.js'
export type { Ends, RunInit } from './run.js'
