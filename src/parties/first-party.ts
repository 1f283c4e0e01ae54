/** What a node with a party is made of, loaded with its first one: from the files themselves, since an index would bring all into the page. */
export { PartyMembers } from '../meeting/links/members.js'
export { HeldOps } from '../sync/held-ops.js'
export { SyncedLog } from '../sync/synced-log.js'
export { PartyMaker } from './party-maker.js'
export { voidedOf } from './voided-op.js'
