/** What a backup says (docs/persons.md, "Backups"): which parties there are, and where their members were last. No key, and no name. */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { decodeStrict, encode } from '../../codec/index.js'
import { InvalidBackupError } from '../../errors.js'
import { MAX_SEALED } from './seal.js'
import type { OpId } from '../../log/index.js'

/** Parties, at most; and members of one whose records are kept. */
export const MAX_PARTIES = 1_024
export const MAX_OF_PARTY = 16

/** Bytes of a member's signed peer record, at most (docs/meeting.md, "Records"). */
const MAX_RECORD = 1_024

/** Bytes that a party takes without its records, at most; and a record without its own. */
const AROUND_PARTY = 40 + 3 * MAX_OF_PARTY
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
}

/** dag-cbor `[ms, [[id, [place of a record, …]], …], [record, …]]`; what does not fit is left out, from each party's end. */
export function encodeContent ({ at, parties }: BackedUp): Uint8Array {
  const kept = parties.slice(0, MAX_PARTIES)
  const places = new Map<string, number>()
  const records: Uint8Array[] = []
  const rows = kept.map(({ key }) => [hexToBytes(key), [] as number[]] as const)
  let left = MAX_SEALED - 64 - kept.length * AROUND_PARTY

  // one of each party first: no party goes without while another has many
  for (let nth = 0; nth < MAX_OF_PARTY; nth++) {
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
        rows[i]?.[1].push(place)
      }
    }
  }

  return encode([at, rows, records])
}

/** @throws {InvalidBackupError} */
export function decodeContent (bytes: Uint8Array): BackedUp {
  try {
    const [at, rows, records, ...more] = decodeStrict(bytes, MAX_SEALED) as [number, Array<[Uint8Array, number[]]>, Uint8Array[]]
    const isSound = more.length === 0 && Number.isSafeInteger(at) && rows.length <= MAX_PARTIES && records.every(record => record instanceof Uint8Array && record.length <= MAX_RECORD)

    if (!isSound) {
      throw new InvalidBackupError()
    }

    return {
      at,
      parties: rows.map(([id, places]) => {
        const own = places.map(place => records[place])

        if (!(id instanceof Uint8Array) || id.length !== ID_LENGTH || own.length > MAX_OF_PARTY || !own.every(record => record != null)) {
          throw new InvalidBackupError()
        }

        return { key: bytesToHex(id), records: own }
      })
    }
  } catch (err) {
    throw err instanceof InvalidBackupError ? err : new InvalidBackupError(undefined, undefined, { cause: err })
  }
}
