/** Takes a log out of the store. */
import { Key } from 'interface-datastore'
import { readRecords, writeBatch } from '../storage/records.js'
import { LOGS } from './datastore.js'
import type { OpId } from './kinds.js'
import type { Fill } from '../storage/records.js'
import type { Datastore } from 'interface-datastore'

/**
 * @param also - Goes with it, in the same batch
 * @throws {StorageError}
 */
export async function forgetLog (datastore: Datastore, key: OpId, also: Fill = () => {}): Promise<void> {
  const root = `${LOGS}/${key}`
  const { records, damaged } = await readRecords(datastore, root)

  await writeBatch(datastore, (batch) => {
    [...records.keys(), ...damaged.keys()].forEach(name => { batch.delete(new Key(`${root}/${name}`, false)) })
    also(batch)
  }, { before: (batch) => { records.forEach((bytes, name) => { batch.put(new Key(`${root}/${name}`, false), bytes) }) } })
}
