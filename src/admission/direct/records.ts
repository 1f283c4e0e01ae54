/** Direct invitations in the store: those that await an answer here, and those whose "no" the inviter has yet to hear. */
import { Key } from 'interface-datastore'
import { bytesToHex } from '@noble/hashes/utils.js'
import { decodeStrict, encode, encodeCode, MAX_CODE_TEXT, parseCode } from '../../codec/index.js'
import { lookupIdOf } from '../../invitation/index.js'
import { stored } from '../../storage.js'
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
  await stored(async () => datastore.put(new Key(`${RECEIVED}/${id}`), encode([encodeCode(code), origin, receivedAt, declined ?? null])))
}

/** @throws {StorageError} */
export async function forgetReceived (datastore: Datastore, { id }: Pick<ReceivedRecord, 'id'>): Promise<void> {
  await stored(async () => datastore.delete(new Key(`${RECEIVED}/${id}`)))
}

/** Oldest first; one that is damaged is forgotten: it comes again. @throws {StorageError} */
export async function loadReceived (datastore: Datastore): Promise<ReceivedRecord[]> {
  return stored(async () => {
    const records: ReceivedRecord[] = []
    const bad: Key[] = []

    for await (const { key, value } of datastore.query({ prefix: `${RECEIVED}/` })) {
      try {
        records.push(decodeReceived(value))
      } catch {
        bad.push(key)
      }
    }

    for (const key of bad) {
      await datastore.delete(key)
    }

    return records.sort((a, b) => a.receivedAt - b.receivedAt)
  })
}

function decodeReceived (bytes: Uint8Array): ReceivedRecord {
  const [text, origin, receivedAt, declined] = decodeStrict(bytes, MAX_RECORD) as [string, string, number, string | null]
  const code = parseCode(text)

  if (typeof origin !== 'string' || typeof receivedAt !== 'number' || (declined != null && typeof declined !== 'string')) {
    throw new TypeError('not a direct invitation')
  }

  return { id: bytesToHex(lookupIdOf(code.secret)), code, origin, receivedAt, declined: declined ?? undefined }
}
