/** Marks of parties in the store: what was begun with one and has to be finished, whatever comes between, and what is remembered of one that is gone. That a mark is there says all: one that is damaged is a mark still. */
import { Key } from 'interface-datastore'
import { known, PREFIX, stored, storedKeys, writeBatch } from '../storage/records.js'
import type { OpId } from '../log/index.js'
import type { Fill } from '../storage/records.js'
import type { Datastore } from 'interface-datastore'

const PERSON = `${PREFIX}/person`

/** Where each kind lies, in front of the party's key. */
const PLACES = {
  /** The party is being recovered: its log is here, or coming, and none of this node's until this device is linked there. */
  begun: `${PERSON}/begun`,
  /** A sibling's: its log is here, and this device waits to be linked there. */
  awaited: `${PERSON}/awaited`,
  /** This device forgot it as a member (docs/storage.md, "Forgetting"): other devices of its person do not bring it back. */
  forgotten: `${PERSON}/forgotten`,
  /** It is none of this node's any more, though some of it may still be in the store: what fails or ends after that is gone on with by the next start. */
  forgetting: `${PREFIX}/forgetting`
} as const

export type Mark = keyof typeof PLACES
/** Of each kind, the keys of the parties. */
export type Marks = Record<Mark, ReadonlySet<OpId>>

/** What a reset is `forgetting`, in place of a party's key. */
export const ALL = 'all'

type Writes = Parameters<Fill>[0]

/** All of them. @throws {StorageError} */
export async function readMarks (datastore: Datastore): Promise<Marks> {
  const names = [...await storedKeys(datastore, PERSON), ...await storedKeys(datastore, PLACES.forgetting)].map(String)
  const of = (mark: Mark): Set<OpId> => new Set(names.filter(name => name.startsWith(`${PLACES[mark]}/`)).map(name => name.slice(PLACES[mark].length + 1)))

  return { begun: of('begun'), awaited: of('awaited'), forgotten: of('forgotten'), forgetting: of('forgetting') }
}

/** @throws {StorageError} */
export async function isMarked (datastore: Datastore, mark: Mark, party: OpId): Promise<boolean> {
  await known(datastore)

  return stored(async () => datastore.has(keyOf(mark, party)))
}

export function putMark (batch: Writes, mark: Mark, party: OpId): void {
  batch.put(keyOf(mark, party), new Uint8Array())
}

export function deleteMark (batch: Writes, mark: Mark, party: OpId): void {
  batch.delete(keyOf(mark, party))
}

/** Deletes all of one kind. @throws {StorageError} */
export async function deleteMarks (datastore: Datastore, mark: Mark): Promise<void> {
  const parties = (await readMarks(datastore))[mark]
  await writeBatch(datastore, (batch) => { parties.forEach((party) => { deleteMark(batch, mark, party) }) })
}

/** The record's key. */
export function keyOf (mark: Mark, party: OpId): Key {
  return new Key(`${PLACES[mark]}/${party}`, false)
}
