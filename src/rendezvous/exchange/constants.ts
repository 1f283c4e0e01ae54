/** The numbers of the exchange for short codes; docs/short-codes.md tells others of them. */
import { PROTOCOLS } from '../../network/protocols.js'

/** The exchange's protocol id: the secret words of a short code become the full code. */
export const CODE_PROTOCOL = PROTOCOLS.code

/** Hello's version: the wire as this folder lays it out. */
export const VERSION = 1

/** The longest frame that an inviter reads, bytes. */
export const MAX_INVITEE_FRAME = 512

/** The longest frame that an invitee reads, bytes: the full code (2 KiB at most) and a tag. */
export const MAX_INVITER_FRAME = 4096

/** A nameplate, characters: two words of at most 8 letters. */
export const MAX_NAMEPLATE = 17

/** Wrong guesses that an inviter answers per nameplate (docs/short-codes.md, "What is counted"). */
export const MAX_GUESSES = 3

/** Candidates whom an invitee answers per typed code (docs/short-codes.md, "What is counted"). */
export const MAX_CANDIDATES = 3

/** Exchanges open at once per nameplate (docs/short-codes.md, "What is counted"). */
export const MAX_SESSIONS = 8
