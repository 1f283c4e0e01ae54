/**
 * What of the log is known without one: keys, roles, levels, profiles, and where
 * things lie. Apart from index.ts, which brings the log itself into a page.
 */
export { copyOf, isSameData, ownData } from './app-data.js'
export { listLogs } from './datastore.js'
export { PREFIX, writeBatch } from '../storage/records.js'
export { END_REASONS, MAX_NAME, MAX_PICTURE, PARTY_KINDS, ROLES } from './kinds.js'
export { mayInvite, NOBODY } from './levels.js'
export { rolesToGive, rolesToInvite, whyNoChange, whyNoInvite } from './advice.js'
export { keyOf, peerIdOf } from './peer-key.js'
export { isSameProfile, openProfile, sealProfile } from './profile.js'
export { signerOf } from './signed-record.js'
