/** The words of the log: roles, kinds of parties and of ops, and what ids stand for. Numbers on the wire are places here. */

/** What a member may do, most first. */
export const ROLES = ['owner', 'admin', 'writer', 'reader'] as const
/** What a member may, most first: `owner`, `admin`, `writer`, `reader`. */
export type Role = typeof ROLES[number]

/** A `person` is the home of one person's devices. */
export const PARTY_KINDS = ['community', 'group', 'contact', 'person'] as const
/** What a party is: `person` is the home of a person's devices, and never listed. */
export type PartyKind = typeof PARTY_KINDS[number]

/** Each kind's number on the wire is its place here. */
export const OP_KINDS = ['GENESIS', 'INVITE', 'ADMIT', 'REVOKE', 'REMOVE', 'SET_ROLE', 'LEAVE', 'READOPT', 'LINK', 'UNLINK', 'REKEY', 'INFO'] as const
/** What an op says (docs/membership-log.md, "Format"). */
export type OpKind = typeof OP_KINDS[number]

/** The id of an op: SHA-256 of its body, hex. */
export type OpId = string

/** An Ed25519 public key, 32 bytes, hex. */
export type Key = string

/** A person, a seat in a party: SHA-256 of its first key and its recovery key, hex. */
export type PersonId = string

/** Bytes of UTF-8 in a party's name. */
export const MAX_NAME = 256

/** Bytes of UTF-8 in a reference to a party's picture, as in a profile. */
export const MAX_PICTURE = 512

/** Bytes of an app in a GENESIS or an INVITE: what is read. */
export const MAX_DATA = 1024

/** What is written: the rest is room. */
export const MAX_APP_DATA = 512

/** Reasons of a REVOKE by the INVITE's own author that say how it ended; any other text is a plain revocation. */
export const END_REASONS = ['declined', 'locked', 'expired'] as const
