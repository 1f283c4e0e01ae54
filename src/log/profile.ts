/**
 * Profiles (docs/membership-log.md, "Format"): what a member shows of itself, signed
 * by its own key, kept beside the log and never in it. The envelope is libp2p's (RFC 0002).
 */
import { RecordEnvelope } from '@libp2p/peer-record'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { equals } from 'uint8arrays/equals'
import { decodeStrict, encode } from '../codec/index.js'
import { ProtocolError } from '../errors.js'
import type { Key } from './kinds.js'
import type { PrivateKey, Record } from '@libp2p/interface'

/** What a person shows of themselves. */
export interface Profile {
  /** A name to show, at most 256 bytes of UTF-8. */
  displayName?: string
  /** A reference to a picture (a URL or CID), at most 512 bytes of UTF-8; nothing is fetched. */
  picture?: string
}

/** Bytes of an encoded profile ("≤ 1 KiB"). */
export const MAX_PROFILE = 1024

const DOMAIN = 'plus-one-profile/1'
const CODEC = utf8ToBytes('/plus-one/profile/1')

class ProfileRecord implements Record {
  readonly domain = DOMAIN
  readonly codec = CODEC
  readonly #bytes: Uint8Array

  constructor (bytes: Uint8Array) {
    this.#bytes = bytes
  }

  marshal (): Uint8Array {
    return this.#bytes
  }

  equals (other: Record): boolean {
    return equals(this.#bytes, other.marshal())
  }
}

/**
 * A profile as its member signs it.
 *
 * @param seq - Grows with each change; the highest wins
 * @throws {RangeError} A field is too long.
 */
export async function sealProfile (profile: Profile, seq: number, privateKey: PrivateKey): Promise<Uint8Array> {
  const { displayName = '', picture = '' } = profile

  if (utf8ToBytes(displayName).length > 256 || utf8ToBytes(picture).length > 512) {
    throw new RangeError('A profile has at most 256 bytes of displayName and 512 bytes of picture; shorten it')
  }

  const envelope = await RecordEnvelope.seal(new ProfileRecord(encode([seq, displayName, picture])), privateKey)

  return envelope.marshal()
}

/**
 * Opens a signed profile.
 *
 * @param member - The raw Ed25519 key that must have signed it, 32 bytes
 * @throws {ProtocolError} Not signed by this member, or not a profile.
 */
export async function openProfile (sealed: Uint8Array, member: Uint8Array): Promise<{ profile: Profile, seq: number }> {
  let payload: Uint8Array

  try {
    const envelope = await RecordEnvelope.openAndCertify(sealed, DOMAIN)

    if (!equals(envelope.payloadType, CODEC) || !equals(envelope.publicKey.raw, member)) {
      throw new ProtocolError('A profile is not signed by its member')
    }

    payload = envelope.payload
  } catch (err) {
    throw err instanceof ProtocolError ? err : new ProtocolError('A profile is not signed by its member', { cause: err })
  }

  const tuple = decodeStrict(payload.subarray(), MAX_PROFILE)

  if (!Array.isArray(tuple) || tuple.length !== 3 || !Number.isSafeInteger(tuple[0]) || typeof tuple[1] !== 'string' || typeof tuple[2] !== 'string') {
    throw new ProtocolError('A profile does not have the layout of one')
  }

  const [seq, displayName, picture] = tuple as [number, string, string]

  return { seq, profile: { ...(displayName === '' ? {} : { displayName }), ...(picture === '' ? {} : { picture }) } }
}

/** The member that a record says to be signed by, hex; undefined where it is no record. Nothing is verified. */
export function signerOf (sealed: Uint8Array): Key | undefined {
  try {
    const { publicKey } = RecordEnvelope.createFromProtobuf(sealed)

    return publicKey.type === 'Ed25519' ? bytesToHex(publicKey.raw) : undefined
  } catch {
    return undefined
  }
}
