/** What a node with a party is made of, loaded with its first one: from the files themselves, since an index would bring all into the page. */
export { MembershipLog } from '../log/log.js'
export { PartyMembers } from '../meeting/links/members.js'
export { HeldOps } from '../sync/held-ops.js'
export { SyncedLog } from '../sync/synced-log.js'
export { DisplayNames } from './display-names.js'
export { MemberRecords } from './member-records.js'
export { LocalParty, voidedOf } from './party.js'
export { PartyKeys } from './party-keys.js'
