/**
 * How members of a party meet: streams between them, guarded by membership (docs/guarded-streams.md).
 *
 * @packageDocumentation
 */
export { GuardedStreams } from './guarded-streams.js'
export { Meeting } from './links/meeting.js'
export { Protection } from './protection.js'
export { roleOf } from './role.js'
export type { GuardedStreamsInit } from './guarded-streams.js'
export type { ProtectionInit } from './protection.js'
