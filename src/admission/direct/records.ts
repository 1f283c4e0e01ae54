/** Direct invitations in the store: those that await an answer here, and those whose "no" the inviter has yet to hear. */
import { Key } from 'interface-datastore'
import { bytesToHex } from '@noble/hashes/utils.js'
import { decodeStrict, encode, encodeCode, MAX_CODE_TEXT, parseCode } from '../../codec/index.js'
import { lookupIdOf } from '../../invitation/index.js'
import { readRecords, writeBatch } from '../../storage/records.js'
import { RECEIVED } from './constants.js'
import type { InvitationCode } from '../../codec/index.js'
import type { Datastore } from 'interface-datastore'

/** Holds a secret, as the code does. */
export interface ReceivedRecord {
  /** The lookup id, hex. */
  id: string
  code: InvitationCode
  /** `originOf` the connection on which it came first. */
  origin: string
  /** ms since 1970 */
  receivedAt: number
  /** It was declined: what the inviter is to read. */
  declined?: string
}

/** A record, bytes: code, origin and reason at most. */
const MAX_RECORD = MAX_CODE_TEXT + 1024

/** @throws {StorageError} */
export async function storeReceived (datastore: Datastore, { id, code, origin, receivedAt, declined }: ReceivedRecord): Promise<void> {
  await writeBatch(datastore, (batch) => { batch.put(keyOf(id), encode([encodeCode(code), origin, receivedAt, declined ?? null])) })
}

/** @throws {StorageError} */
export async function forgetReceived (datastore: Datastore, { id }: Pick<ReceivedRecord, 'id'>): Promise<void> {
  await writeBatch(datastore, (batch) => { batch.delete(keyOf(id)) })
}

/** Oldest first; one that is damaged is forgotten: it comes again. @throws {StorageError} */
export async function loadReceived (datastore: Datastore): Promise<ReceivedRecord[]> {
  const { records, damaged } = await readRecords(datastore, RECEIVED)
  const received: ReceivedRecord[] = []
  const bad = [...damaged.keys()]

  for (const [id, record] of records) {
    try {
      received.push(decodeReceived(record))
    } catch {
      bad.push(id)
    }
  }

  await writeBatch(datastore, (batch) => { bad.forEach((id) => { batch.delete(keyOf(id)) }) })

  return received.sort((a, b) => a.receivedAt - b.receivedAt)
}

function keyOf (id: string): Key {
  return new Key(`${RECEIVED}/${id}`)
}

function decodeReceived (bytes: Uint8Array): ReceivedRecord {
  const [text, origin, receivedAt, declined] = decodeStrict(bytes, MAX_RECORD) as [string, string, number, string | null]
  const code = parseCode(text)

  if (typeof origin !== 'string' || typeof receivedAt !== 'number' || (declined != null && typeof declined !== 'string')) {
    throw new TypeError('not a direct invitation')
  }

  return { id: bytesToHex(lookupIdOf(code.secret)), code, origin, receivedAt, declined: declined ?? undefined }
}
