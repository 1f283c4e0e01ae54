/** Which home this device was linked into, as the store has it; missing: it is that of its own words. */
import { Key } from 'interface-datastore'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { DamagedRecordError } from '../errors.js'
import { PREFIX, readRecord, setAside } from '../storage/records.js'
import type { OpId } from '../log/index.js'
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
