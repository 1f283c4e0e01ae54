/**
 * The membership log (docs/membership-log.md): signed ops in a hash DAG, and the
 * view that they mean.
 *
 * @packageDocumentation
 */
export { acceptanceBytes, linkBytes, previewHash } from './acceptance.js'
export { isPublicKey, verify } from './ed25519.js'
export { checkLink } from './device-grant.js'
export { checkGrant } from './grant.js'
export { END_REASONS, MAX_DATA, MAX_NAME, MAX_PICTURE, PARTY_KINDS, ROLES } from './kinds.js'
export { mayInvite, NOBODY } from './levels.js'
export { rolesToGive, rolesToInvite, whyNoChange, whyNoInvite } from './advice.js'
export { MembershipLog } from './log.js'
export { keyOf, peerIdOf } from './peer-key.js'
export { decodeOp, encodeOpBody, opIdOf, personIdOf, signingBytes } from './op.js'
export { isSameProfile, openProfile, sealProfile } from './profile.js'
export { signerOf } from './signed-record.js'
export { listLogs } from './datastore.js'
export { PREFIX, writeBatch } from '../storage/records.js'
export { shownHash } from './verify.js'
export type { Acceptance, Shown } from './acceptance.js'
export type { Void, VoidReason } from './evaluation.js'
export type { CheckedLink, ExpectedLink, ShownDevice } from './device-grant.js'
export type { AnyGrant, CheckedGrant, Expected, Grant } from './grant.js'
export type {
  InviteRecord, KeptOp, KeyRecord, KeyStanding, LogEvents, LogInit, MadeRekey, MakeRekey, MemberChange, MemberRecord, Receipt, ReceiveOptions, RekeyPlace, Use, Verified, VoidedOp, WriteOptions
} from './interface.js'
export type { Key, OpId, OpKind, PartyKind, PersonId, Role } from './kinds.js'
export type { AnyOp, Heading, Op, SignedOp, UnknownOp } from './op.js'
export type { Owner, Payloads } from './payloads.js'
export type { ExtraValue, Profile } from './profile.js'
export type { ChainTip } from './sharing.js'
