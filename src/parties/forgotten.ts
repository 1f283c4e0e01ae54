/** Parties that this device has forgotten as a member (docs/storage.md, "Forgetting"): other devices of its person do not bring them back. */
import { Key } from 'interface-datastore'
import { PREFIX, readRecord } from '../storage.js'
import type { OpId } from '../log/index.js'
import type { Fill } from '../storage.js'
import type { Datastore } from 'interface-datastore'

type Writes = Parameters<Fill>[0]

export function putForgotten (batch: Writes, party: OpId): void {
  batch.put(keyOf(party), new Uint8Array())
}

/** It was joined again. */
export function deleteForgotten (batch: Writes, party: OpId): void {
  batch.delete(keyOf(party))
}

/** @throws {StorageError} */
export async function isForgotten (datastore: Datastore, party: OpId): Promise<boolean> {
  return await readRecord(datastore, keyOf(party)) != null
}

function keyOf (party: OpId): Key {
  return new Key(`${PREFIX}/person/forgotten/${party}`)
}
