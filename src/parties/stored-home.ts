/** Which of the homes in the store is this device's, and what a stop left undone there. Loaded with the first one. */
import { forgetLog } from '../log/forget.js'
import { linkFirst, recoveryOf } from '../person/home.js'
import type { DamagedRecordError } from '../errors.js'
import type { PartiesComponents } from '../interface/index.js'
import type { MembershipLog, OpId } from '../log/index.js'
import type { LocalRecovery } from '../person/recovery.js'

export interface StoredHomeInit {
  components: Pick<PartiesComponents, 'datastore' | 'privateKey'>
  recovery: LocalRecovery
  damaged: (errors: readonly DamagedRecordError[]) => void
}

/**
 * @param stored - Two where a stop came between joining one and leaving another: then one goes
 * @param joined - The one that this device was linked into last, where it is not that of its own words
 * @throws {StorageError}
 */
export async function storedHome (stored: readonly [MembershipLog, ...MembershipLog[]], joined: OpId | undefined, { components: { datastore, privateKey }, recovery, damaged }: StoredHomeInit): Promise<MembershipLog> {
  const [first] = stored
  const newest = stored.find(({ key }) => key === joined)
  damaged(await recovery.load(recoveryOf(newest ?? first)))
  const home = newest ?? stored.find(log => recoveryOf(log) === recovery.key) ?? first
  await recovery.adopt({ key: recoveryOf(home) })
  await Promise.all(stored.filter(log => log !== home).map(async ({ key }) => forgetLog(datastore, key)))

  // a stop came between its first op and the next; where the words are gone the recovery that made it links this device
  if (home.personsOf(home.self).length === 0) {
    const keys = await recovery.keys()
    await (keys == null ? undefined : linkFirst(home, privateKey, keys.privateKey))
  }

  return home
}
