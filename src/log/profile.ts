/**
 * Profiles (docs/membership-log.md, "Format"): what a member shows of itself, signed
 * by its own key, kept beside the log and never in it.
 */
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { encode } from '../codec/index.js'
import { ProtocolError } from '../errors.js'
import { MAX_NAME, MAX_PICTURE } from './kinds.js'
import { openRecord, sealRecord } from './signed-record.js'
import type { Key } from './kinds.js'
import type { RecordKind } from './signed-record.js'
import type { PrivateKey } from '@libp2p/interface'

/** What `Profile.extra` may hold: what dag-cbor can say, at most 6 deep. */
export type ExtraValue = string | number | boolean | null | Uint8Array | readonly ExtraValue[] | { readonly [field: string]: ExtraValue }

/** What a person shows of themselves. */
export interface Profile {
  /** A name to show, at most 256 bytes of UTF-8. */
  displayName?: string
  /** A reference to a picture (a URL or CID), at most 512 bytes of UTF-8; nothing is fetched. */
  picture?: string
  /** Whatever else the app shows, of other apps too: at most 512 bytes of dag-cbor. To change one field, spread the others. */
  extra?: { readonly [field: string]: ExtraValue }
}

/** A profile as its record has it. */
export interface SealedProfile {
  profile: Profile
  seq: number
  /** The recovery key of the person for whom the signer speaks, hex; missing: for the member whose first key it is. */
  person?: Key
  /** What a newer plus-one wrote behind it. */
  more: unknown[]
}

/** Bytes of an encoded profile: all fields at their longest, and some for what comes (docs/membership-log.md, "Format"). */
export const MAX_PROFILE = 1400

/** Bytes of an Ed25519 public key (RFC 8032). */
const KEY_LENGTH = 32

/** Bytes of `extra`, encoded. */
export const MAX_EXTRA = 512

const PROFILE: RecordKind = { what: 'A profile', domain: 'plus-one-profile/1', codec: '/plus-one/profile/1', max: MAX_PROFILE }

/**
 * A profile as its member signs it.
 *
 * @param seq - Grows with each change; the highest wins
 * @param more - What a newer plus-one wrote behind the last one
 * @param person - The recovery key of the person for whom this key speaks
 * @throws {RangeError} A field is too long, or `extra` holds what it cannot.
 */
export async function sealProfile (profile: Profile, seq: number, privateKey: PrivateKey, more: unknown[] = [], person?: Key): Promise<Uint8Array> {
  const { displayName = '', picture = '', extra = {} } = profile

  if (!isText(displayName, MAX_NAME) || !isText(picture, MAX_PICTURE) || !isFields(extra)) {
    throw new RangeError(`A profile has at most ${MAX_NAME} bytes of displayName and ${MAX_PICTURE} bytes of picture, and an object as extra; shorten it`)
  }

  if (sizeOf(extra) > MAX_EXTRA) {
    throw new RangeError(`A profile's extra has at most ${MAX_EXTRA} bytes of dag-cbor, which has no undefined or bigint; put a reference there, and the rest where that leads`)
  }

  const behind = [...personBytes(person), ...more]
  const hasMore = behind.length > 0 || Object.keys(extra).length > 0

  return sealRecord(PROFILE, [seq, displayName, picture, ...(hasMore ? [extra, ...behind] : [])], privateKey)
}

/**
 * Opens a signed profile.
 *
 * @param member - The raw Ed25519 key that must have signed it, 32 bytes
 * @throws {ProtocolError} Not signed by this member, or not a profile.
 */
export async function openProfile (sealed: Uint8Array, member: Uint8Array): Promise<SealedProfile> {
  const tuple = await openRecord(PROFILE, sealed, member)
  const [seq, displayName, picture, extra = {}, ...behind] = Array.isArray(tuple) ? tuple as unknown[] : []

  if (!Number.isSafeInteger(seq) || !isText(displayName, MAX_NAME) || !isText(picture, MAX_PICTURE) || !isFields(extra) || sizeOf(extra) > MAX_EXTRA) {
    throw new ProtocolError('A profile does not have the layout of one')
  }

  const hasExtra = Object.keys(extra).length > 0

  return { seq: seq as number, profile: { ...(displayName === '' ? {} : { displayName }), ...(picture === '' ? {} : { picture }), ...(hasExtra ? { extra } : {}) }, ...personOf(behind) }
}

/** Behind all other fields, where it is one. */
export function personBytes (person: Key | undefined): Uint8Array[] {
  return person == null ? [] : [hexToBytes(person)]
}

/** The recovery key in front of what a newer plus-one wrote. */
export function personOf (behind: unknown[]): { person?: Key, more: unknown[] } {
  const [person, ...more] = behind

  return person instanceof Uint8Array && person.length === KEY_LENGTH ? { person: bytesToHex(person), more } : { more: behind }
}

/** Do both show the same? */
export function isSameProfile (one: Profile, other: Profile): boolean {
  return one.displayName === other.displayName && one.picture === other.picture && String(encode(one.extra ?? {})) === String(encode(other.extra ?? {}))
}

/** Bytes, encoded; of what cannot be, too many. */
function sizeOf (extra: object): number {
  try {
    return encode(extra).length
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

function isText (value: unknown, max: number): value is string {
  return typeof value === 'string' && utf8ToBytes(value).length <= max
}

function isFields (value: unknown): value is NonNullable<Profile['extra']> {
  return typeof value === 'object' && value != null && !Array.isArray(value) && !(value instanceof Uint8Array)
}
