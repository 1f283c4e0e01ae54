/**
 * CPace, a balanced PAKE: draft-irtf-cfrg-cpace-21, cipher suite
 * CPACE-RISTR255-SHA512, initiator-responder with explicit key confirmation.
 * Pure: no I/O, no clock.
 *
 * @packageDocumentation
 */
export { CPaceInitiator, CPaceResponder, TAG_LENGTH } from './cpace.js'
export { CPaceError } from './errors.js'
export { lvCat } from './strings.js'
export type { Confirmed, CPaceInit, CPaceResponse } from './cpace.js'
export type { CPaceReason } from './errors.js'
export type { RandomBytes } from './group.js'
