/** Which home this device was linked into, as the store has it, where it is not that of its own words; and whether it may be linked into another. */
import { Key } from 'interface-datastore'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { DamagedRecordError, OtherPersonError } from '../errors.js'
import { PREFIX, readRecord, setAside } from '../storage/records.js'
import type { LocalParty } from './party.js'
import type { Device } from '../interface/index.js'
import type { OpId } from '../log/index.js'
import type { LocalRecovery } from '../person/recovery.js'
import type { Fill } from '../storage/records.js'
import type { Datastore } from 'interface-datastore'

const JOINED = new Key(`${PREFIX}/person/home`)

/** @param damaged - Is told of a record that cannot be read: the recovery key tells it, too @throws {StorageError} */
export async function readJoined (datastore: Datastore, damaged: (errors: readonly DamagedRecordError[]) => void): Promise<OpId | undefined> {
  try {
    const joined = await readRecord(datastore, JOINED)

    return joined == null ? undefined : bytesToHex(joined)
  } catch (err) {
    if (!(err instanceof DamagedRecordError)) {
      throw err
    }

    damaged(await setAside(datastore, [JOINED.toString()]))

    return undefined
  }
}

export function putJoined (home: OpId | undefined): Fill {
  return (batch) => {
    if (home == null) {
      batch.delete(JOINED)
    } else {
      batch.put(JOINED, hexToBytes(home))
    }
  }
}

/** This device's person as it is before another takes its place. */
export interface OwnPerson {
  devices: readonly Device[]
  recovery: LocalRecovery
  /** Those that are listed. */
  parties: Iterable<LocalParty>
}

/** @throws {OtherPersonError} There are other devices, or parties whose words are not written down. */
export function assertMayLeave ({ devices, recovery, parties }: OwnPerson): void {
  if (devices.length > 1) {
    throw new OtherPersonError('This device has a person of its own, with other devices; unlink it there first, from another one of those')
  }

  const isNeeded = [...parties].some(({ log }) => log.membersOf(log.self).some(member => member.recovery === recovery.key))

  if (!recovery.isConfirmed && isNeeded) {
    throw new OtherPersonError('This device has parties of its own whose recovery words are not written down, and would be lost; confirm them first (person.recovery), or leave those parties')
  }
}
