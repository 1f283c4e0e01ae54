/** What a backup says (docs/persons.md, "Backups"): which parties there are, their keys, and where their members were last. No name. */
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js'
import { decodeStrict, encode } from '../../codec/index.js'
import { InvalidBackupError } from '../../errors.js'
import { MAX_SEALED } from './seal.js'
import type { EpochSecret } from '../../keys/index.js'
import type { OpId } from '../../log/index.js'

/** Parties, at most; and members of one whose records are kept. */
export const MAX_PARTIES = 1_024
export const MAX_OF_PARTY = 16

/** Bytes of a member's signed peer record, at most (docs/meeting.md, "Records"). */
const MAX_RECORD = 1_024

/** Secrets of one party's epochs, at most. */
export const MAX_SECRETS = 1_024

/** Bytes of one: its REKEY's id, and itself. */
const SECRET_LENGTH = 32 + 32

/** Bytes that a party takes without its records and secrets, at most; and a record without its own. */
const AROUND_PARTY = 44 + 3 * MAX_OF_PARTY
const AROUND_RECORD = 4

/** Bytes of an id. */
const ID_LENGTH = 32

export interface BackedUp {
  /** When, by the device's clock, ms since 1970. */
  at: number
  parties: BackedUpParty[]
}

export interface BackedUpParty {
  key: OpId
  /** Members' signed peer records, whom to ask first at the front. */
  records: Uint8Array[]
  /** Of its epochs, newest first. */
  secrets: EpochSecret[]
}

/** dag-cbor `[ms, [[id, [place of a record, …], secrets], …], [record, …]]`; what does not fit is left out, from each party's end. */
export function encodeContent ({ at, parties }: BackedUp): Uint8Array {
  const kept = parties.slice(0, MAX_PARTIES)
  const places = new Map<string, number>()
  const records: Uint8Array[] = []
  const rows = kept.map(({ key }) => ({ id: hexToBytes(key), places: [] as number[], secrets: [] as Uint8Array[] }))
  let left = MAX_SEALED - 64 - kept.length * AROUND_PARTY

  // one of each party first: no party goes without while another has many
  const putRecords = (nth: number): void => {
    for (const [i, party] of kept.entries()) {
      const record = party.records[nth]
      const name = record == null ? '' : bytesToHex(record)
      let place = places.get(name)

      if (record == null || record.length > MAX_RECORD) {
        continue
      }

      if (place == null && record.length + AROUND_RECORD <= left) {
        left -= record.length + AROUND_RECORD
        place = records.push(record) - 1
        places.set(name, place)
      }

      if (place != null) {
        rows[i]?.places.push(place)
      }
    }
  }

  putRecords(0)
  // records are worth as much
  let room = left / 2

  for (let nth = 0; nth < MAX_SECRETS && kept.some(({ secrets }) => secrets.length > nth) && room >= SECRET_LENGTH; nth++) {
    for (const [i, { secrets }] of kept.entries()) {
      const one = secrets[nth]

      if (one != null && room >= SECRET_LENGTH) {
        room -= SECRET_LENGTH
        left -= SECRET_LENGTH
        rows[i]?.secrets.push(hexToBytes(one.rekey), one.secret)
      }
    }
  }

  for (let nth = 1; nth < MAX_OF_PARTY; nth++) {
    putRecords(nth)
  }

  return encode([at, rows.map(({ id, places, secrets }) => [id, places, concatBytes(...secrets)]), records])
}

/** @throws {InvalidBackupError} */
export function decodeContent (bytes: Uint8Array): BackedUp {
  try {
    const [at, rows, records, ...more] = decodeStrict(bytes, MAX_SEALED) as [number, Array<[Uint8Array, number[], Uint8Array?]>, Uint8Array[]]
    const isSound = more.length === 0 && Number.isSafeInteger(at) && rows.length <= MAX_PARTIES && records.every(record => record instanceof Uint8Array && record.length <= MAX_RECORD)

    if (!isSound) {
      throw new InvalidBackupError()
    }

    return {
      at,
      // one that was written before parties had keys has none
      parties: rows.map(([id, places, secrets = new Uint8Array()]) => {
        const own = places.map(place => records[place])

        if (!(id instanceof Uint8Array) || id.length !== ID_LENGTH || own.length > MAX_OF_PARTY || !own.every(record => record != null)) {
          throw new InvalidBackupError()
        }

        return { key: bytesToHex(id), records: own, secrets: readSecrets(secrets) }
      })
    }
  } catch (err) {
    throw err instanceof InvalidBackupError ? err : new InvalidBackupError(undefined, undefined, { cause: err })
  }
}

/** @throws {InvalidBackupError} */
function readSecrets (bytes: Uint8Array): EpochSecret[] {
  if (!(bytes instanceof Uint8Array) || bytes.length % SECRET_LENGTH !== 0 || bytes.length > MAX_SECRETS * SECRET_LENGTH) {
    throw new InvalidBackupError()
  }

  return Array.from({ length: bytes.length / SECRET_LENGTH }, (_, i) => {
    const entry = bytes.subarray(i * SECRET_LENGTH, (i + 1) * SECRET_LENGTH)

    return { rekey: bytesToHex(entry.subarray(0, 32)), secret: entry.slice(32) }
  })
}
