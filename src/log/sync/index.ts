/**
 * The log protocol: members only; heads, then what is missing.
 *
 * @packageDocumentation
 */
export { LOG_PROTOCOL, LogSync } from './sync.js'
export type { LogSyncComponents } from './sync.js'
export type { Progress } from './exchange.js'
