/**
 * What providers of documents stand on: what devices of a party's members tell each other, records that are sealed, and a provider that lacks
 * only the library (docs/documents.md, "Another library").
 *
 * @packageDocumentation
 */
export { Channel } from './channel.js'
export { common, textDifference } from './difference.js'
export { DocumentProvider } from './provider.js'
export { SealedRecords } from './records.js'
export type { ChannelInit } from './channel.js'
export type { TextEdit, TextPiece } from './difference.js'
export type { Audience } from './followers.js'
export type { DocumentKind } from './kind.js'
export type { DocumentEvents, DocumentOptions } from './provider.js'
export type { RecordStore, SealedRecordsInit } from './records.js'
