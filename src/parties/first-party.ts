/** What a node with a party is made of, loaded with its first one: from the files themselves, since an index would bring all into the page. */
export { HeldOps } from '../sync/held-ops.js'
export { SyncedLog } from '../sync/synced-log.js'
export { meetMembers } from './meet-members.js'
export { PartyMaker } from './party-maker.js'
export { voidedOf } from './voided-op.js'
