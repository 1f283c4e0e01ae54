/**
 * Automerge documents that a party shares, by automerge-repo: its members read them, its writers write them, without a server (docs/documents.md).
 *
 * @packageDocumentation
 */
export { AUTOMERGE_PROTOCOL, PartyNetworkAdapter } from './adapter.js'
export type { PartyNetworkAdapterOptions } from './adapter.js'
