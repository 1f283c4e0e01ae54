/** Parties that this device has forgotten as a member (docs/storage.md, "Forgetting"): other devices of its person do not bring them back. */
import { Key } from 'interface-datastore'
import { PREFIX, readRecord, readRecords, writeBatch } from '../storage.js'
import type { OpId } from '../log/index.js'
import type { Fill } from '../storage.js'
import type { Datastore } from 'interface-datastore'

const FORGOTTEN = `${PREFIX}/person/forgotten`

type Writes = Parameters<Fill>[0]

export function putForgotten (batch: Writes, party: OpId): void {
  batch.put(keyOf(party), new Uint8Array())
}

/** It was joined again. */
export function deleteForgotten (batch: Writes, party: OpId): void {
  batch.delete(keyOf(party))
}

/** All of them are wanted again. @throws {StorageError} */
export async function deleteAllForgotten (datastore: Datastore): Promise<void> {
  const { records, damaged } = await readRecords(datastore, FORGOTTEN)
  await writeBatch(datastore, (batch) => { [...records.keys(), ...damaged.keys()].forEach(party => { deleteForgotten(batch, party) }) })
}

/** @throws {StorageError} */
export async function isForgotten (datastore: Datastore, party: OpId): Promise<boolean> {
  return await readRecord(datastore, keyOf(party)) != null
}

function keyOf (party: OpId): Key {
  return new Key(`${FORGOTTEN}/${party}`)
}
