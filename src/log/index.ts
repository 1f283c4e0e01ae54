/**
 * The membership log (DESIGN section 6): signed ops in a hash DAG, and the view
 * that they mean.
 *
 * @packageDocumentation
 */
export { acceptanceBytes } from './acceptance.js'
export { isPublicKey, verify } from './ed25519.js'
export { checkGrant } from './grant.js'
export { MembershipLog } from './log.js'
export { memberKeyOf, peerIdOf } from './member-key.js'
export { decodeOp, encodeOpBody, END_REASONS, MAX_NAME, MAX_PICTURE, opIdOf, PARTY_KINDS, ROLES, signingBytes } from './op.js'
export { openProfile, sealProfile, signerOf } from './profile.js'
export { listLogs, PREFIX, writeBatch } from './store.js'
export { rankOf } from './graph.js'
export { mayInvite } from './rules.js'
export type { Acceptance } from './acceptance.js'
export type { CheckedGrant, Expected, Grant } from './grant.js'
export type { Kept, LogEvents, LogInit, Received, ReceiveOptions, WriteOptions } from './interface.js'
export type { AnyOp, MemberKey, Op, OpId, OpKind, PartyKind, Payloads, Role, SignedOp } from './op.js'
export type { Profile } from './profile.js'
export type { Void, VoidReason } from './belief.js'
export type { InviteRecord, MemberRecord, Use } from './view.js'
