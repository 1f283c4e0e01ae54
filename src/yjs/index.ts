/**
 * A Yjs document that a party shares: its members read it, its writers write it, without a server (docs/documents.md).
 *
 * @packageDocumentation
 */
export { YJS_PROTOCOL } from './kind.js'
export { YjsProvider } from './provider.js'
export type { DocumentEvents as YjsProviderEvents } from '../documents/provider.js'
export type { RecordStore as YjsStore } from '../documents/records.js'
export type { YjsProviderOptions } from './provider.js'
