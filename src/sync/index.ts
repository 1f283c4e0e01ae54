/**
 * What members send each other: the ops of a log and the records beside it,
 * `/plus-one/log/2.0.0`. It asks for what is missing, in windows, and stores
 * before it asks for more; docs/sync.md is the wire to the byte.
 *
 * @packageDocumentation
 */
export { LOG_PROTOCOL, OPS, PROFILES } from './constants.js'
export { HeldOps } from './held-ops.js'
export { LogSync } from './sync.js'
export { SyncedLog } from './synced-log.js'
export { RefusalCode, SyncRefusedError } from './refusal.js'
export type { ChainTip, FromOptions, Key, LogSyncComponents, LogSyncEvents, LogSyncInit, OpId, PlacedOp, Progress, Received, RecordEntry, RecordSet, RecordSetEvents, SignedOp, Standing, SyncableLog, SyncableLogEvents, SyncOp } from './interface.js'
export type { RefusalInit } from './refusal.js'
