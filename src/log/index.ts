/**
 * The membership log (docs/membership-log.md): signed ops in a hash DAG, and the
 * view that they mean.
 *
 * @packageDocumentation
 */
export { acceptanceBytes, linkBytes, previewHash } from './acceptance.js'
export { isPublicKey, verify } from './ed25519.js'
export { checkGrant } from './grant.js'
export { END_REASONS, MAX_DATA, MAX_NAME, MAX_PICTURE, PARTY_KINDS, ROLES } from './kinds.js'
export { mayInvite, NOBODY } from './levels.js'
export { MembershipLog } from './log.js'
export { keyOf, peerIdOf } from './peer-key.js'
export { decodeOp, encodeOpBody, opIdOf, personIdOf, signingBytes } from './op.js'
export { openProfile, sealProfile, signerOf } from './profile.js'
export { listLogs } from './datastore.js'
export { PREFIX, writeBatch } from '../storage.js'
export { shownHash } from './verify.js'
export type { Acceptance, Shown } from './acceptance.js'
export type { Void, VoidReason } from './evaluation.js'
export type { CheckedGrant, Expected, Grant } from './grant.js'
export type {
  InviteRecord, KeptOp, KeyRecord, KeyStanding, LogEvents, LogInit, MemberChange, MemberRecord, Receipt, ReceiveOptions, Use, Verified, WriteOptions
} from './interface.js'
export type { Key, OpId, OpKind, PartyKind, PersonId, Role } from './kinds.js'
export type { AnyOp, Heading, Op, SignedOp, UnknownOp } from './op.js'
export type { Owner, Payloads } from './payloads.js'
export type { Profile } from './profile.js'
export type { ChainTip } from './sharing.js'
