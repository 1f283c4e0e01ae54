/** What a member is called in one party (docs/membership-log.md, "Format"): signed and kept as profiles are. */
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { ProtocolError } from '../errors.js'
import { MAX_NAME } from './kinds.js'
import { personBytes, personOf } from './profile.js'
import { openRecord, sealRecord } from './signed-record.js'
import type { Key, OpId } from './kinds.js'
import type { RecordKind } from './signed-record.js'
import type { PrivateKey } from '@libp2p/interface'

/** All fields at their longest. */
const DISPLAY_NAME: RecordKind = { what: 'A display name', domain: 'plus-one-name/1', codec: '/plus-one/name/1', max: 384 }

/**
 * A display name as its member signs it, for one party.
 *
 * @param name - Empty: the profile's
 * @param seq - Grows with each change; the highest wins
 * @param person - The recovery key of the person for whom this key speaks
 * @throws {RangeError} It is too long.
 */
export async function sealDisplayName (name: string, party: OpId, seq: number, privateKey: PrivateKey, person?: Key): Promise<Uint8Array> {
  if (typeof name !== 'string' || utf8ToBytes(name).length > MAX_NAME) {
    throw new RangeError(`A display name has at most ${MAX_NAME} bytes of UTF-8; shorten it`)
  }

  return sealRecord(DISPLAY_NAME, [seq, hexToBytes(party), name, ...personBytes(person)], privateKey)
}

/**
 * Opens a signed display name.
 *
 * @param member - The raw Ed25519 key that must have signed it, 32 bytes
 * @throws {ProtocolError} Not signed by this member, or not for this party.
 */
export async function openDisplayName (sealed: Uint8Array, party: OpId, member: Uint8Array): Promise<{ name: string, seq: number, person?: Key }> {
  const tuple = await openRecord(DISPLAY_NAME, sealed, member)
  const [seq, genesis, name, ...behind] = Array.isArray(tuple) ? tuple as unknown[] : []

  if (!Number.isSafeInteger(seq) || !(genesis instanceof Uint8Array) || bytesToHex(genesis) !== party || typeof name !== 'string' || utf8ToBytes(name).length > MAX_NAME) {
    throw new ProtocolError('A display name does not have the layout of one, or is for another party')
  }

  const { person } = personOf(behind)

  return { name, seq: seq as number, ...person == null ? {} : { person } }
}
