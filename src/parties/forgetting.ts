/** Takes a party, or all of plus-one, out of the store (docs/storage.md, "Forgetting"). Loaded when somebody asks for it, or a start has to finish it. */
import { Key as StoreKey } from 'interface-datastore'
import { MembershipLog } from '../log/log.js'
import { asideOf, PREFIX, storedKeys, writeBatch } from '../storage/records.js'
import { ALL, keyOf } from './marks.js'
import { StorageError } from '../errors.js'
import type { Key, LogInit, OpId } from '../log/index.js'
import type { Profiles } from './profiles.js'
import type { Datastore } from 'interface-datastore'

export interface Forgetting extends LogInit {
  profiles: Profiles
  /** Is a key of anybody in another party of this node, or its own? */
  isNeeded: (key: Key) => boolean
}

/**
 * Takes a party out of the store: first what its log tells of, then the log, at last the mark that has a start go on with it.
 *
 * @param log - Where it is open; it writes nothing any more
 * @throws {StorageError} Some of it may be there still.
 */
export async function wipeParty (forgetting: Forgetting, party: OpId, log?: MembershipLog): Promise<void> {
  const { datastore, profiles, isNeeded } = forgetting
  const told = log ?? await MembershipLog.open(forgetting, party).catch(() => undefined)
  const keys = told == null ? [] : keysIn(told).filter(key => !isNeeded(key))
  const invites = told == null ? [] : [...told.invites()].map(({ lookupId }) => lookupId)
  await profiles.forget(keys)
  await deleteAll(datastore, [`${PREFIX}/invitation/${party}`, `${PREFIX}/nameplate/${party}`, `${PREFIX}/name/${party}`, `${PREFIX}/keys/${party}`].flatMap(withAside), [
    `${PREFIX}/beacon/${party}`,
    ...keys.flatMap(key => [`${PREFIX}/profile/${key}`, `${PREFIX}/meet/all/${key}`, `${PREFIX}/meet/public/${key}`]),
    ...invites.flatMap(lookupId => [`${PREFIX}/redemption/${lookupId}`, `${PREFIX}/received/${lookupId}`])
  ])
  await deleteAll(datastore, withAside(`${PREFIX}/log/${party}`))
  await deleteAll(datastore, [], [keyOf('forgetting', party).toString()])
}

/** Takes all of plus-one out of the store, but for the number of its layout. @throws {StorageError} Some of it may be there still. */
export async function wipeAll (datastore: Datastore): Promise<void> {
  const kept = [`${PREFIX}/version`, keyOf('forgetting', ALL).toString()]
  await deleteAll(datastore, [PREFIX], [], kept)
  await deleteAll(datastore, [], [keyOf('forgetting', ALL).toString()])
}

/** All of whom a log tells: their first keys, and the other devices of members. */
function keysIn (log: MembershipLog): Key[] {
  const all = new Set<Key>()

  for (const { author } of log.chains()) {
    all.add(author)
  }

  for (const person of log.persons()) {
    [...log.keysOf(person), log.firstKeyOf(person) ?? log.self].forEach(key => { all.add(key) })
  }

  return [...all]
}

function withAside (prefix: string): string[] {
  return [prefix, asideOf(prefix)]
}

async function deleteAll (datastore: Datastore, prefixes: string[], names: string[] = [], kept: string[] = []): Promise<void> {
  const found = await namesBelow(datastore, prefixes, kept)

  if (found.length + names.length === 0) {
    return
  }

  await writeBatch(datastore, (batch) => { [...found, ...names].forEach((name) => { batch.delete(new StoreKey(name, false)) }) }, { sync: true })

  // datastore-idb swallows the failure of a transaction
  if ((await namesBelow(datastore, prefixes, kept)).length > 0) {
    throw new StorageError('Not all of it could be deleted; start the node again, and it goes on with that')
  }
}

async function namesBelow (datastore: Datastore, prefixes: string[], kept: string[]): Promise<string[]> {
  const keys = await Promise.all(prefixes.map(async prefix => storedKeys(datastore, prefix)))

  return keys.flat().map(String).filter(name => !kept.includes(name))
}
