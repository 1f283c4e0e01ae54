/**
 * The log protocol: members only; heads, what is missing, then what is new.
 *
 * @packageDocumentation
 */
export { LOG_PROTOCOL, LogSync } from './sync.js'
export type { LogSyncComponents } from './sync.js'
export type { ProfileStore, Progress } from './session.js'
