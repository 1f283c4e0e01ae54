/**
 * A Yjs document that a party shares: its members read it, its writers write it, without a server (docs/documents.md).
 *
 * @packageDocumentation
 */
export { YjsProvider, YJS_PROTOCOL } from './provider.js'
export type { RecordStore as YjsStore } from '../documents/records.js'
export type { YjsProviderEvents, YjsProviderOptions } from './provider.js'
