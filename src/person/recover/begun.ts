/** Parties whose log is here, or coming, and in which this device is not linked yet: they are none of this node's until it is. */
import { Key as StoreKey } from 'interface-datastore'
import { PREFIX, readRecords } from '../../storage.js'
import type { OpId } from '../../log/index.js'
import type { Fill } from '../../storage.js'
import type { Datastore } from 'interface-datastore'

const BEGUN = `${PREFIX}/person/begun`

/** @throws {StorageError} */
export async function begunRecoveries (datastore: Datastore): Promise<Set<OpId>> {
  const { records, damaged } = await readRecords(datastore, BEGUN)

  return new Set([...records.keys(), ...damaged.keys()])
}

export function putBegun (batch: Parameters<Fill>[0], party: OpId): void {
  batch.put(new StoreKey(`${BEGUN}/${party}`), new Uint8Array())
}

export function deleteBegun (batch: Parameters<Fill>[0], party: OpId): void {
  batch.delete(new StoreKey(`${BEGUN}/${party}`))
}
