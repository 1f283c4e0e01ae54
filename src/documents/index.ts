/**
 * What providers of documents stand on: what devices of a party's members tell each other, and records that are sealed (docs/documents.md, "Another library").
 *
 * @packageDocumentation
 */
export { Channel } from './channel.js'
export { SealedRecords } from './records.js'
export type { ChannelInit } from './channel.js'
export type { Audience } from './followers.js'
export type { RecordStore, SealedRecordsInit } from './records.js'
