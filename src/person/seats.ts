/** Which keys stand for a person in its home and in its parties, and which of them are to go. */
import { homeSeatOf, recoveryOf } from './home.js'
import type { Key, KeyRecord, MemberRecord, MembershipLog } from '../log/index.js'

/** What a home's log tells of a person's devices. */
export interface HomeKeys {
  recovery: Key
  /** Those that stand. */
  standing: Set<Key>
  /** Those that did, and were unlinked. */
  unlinked: Set<Key>
}

export function homeKeys (home: MembershipLog): HomeKeys {
  const recovery = recoveryOf(home)
  const records = home.keyRecordsOf(homeSeatOf(recovery))
  const standing = new Set(home.keysOf(homeSeatOf(recovery)))

  return { recovery, standing, unlinked: new Set(records.filter(({ key, class: own }) => own != null && !standing.has(key)).map(({ key }) => key)) }
}

/** The seat in which a key stands that has this recovery key: nothing automatic crosses recovery keys. */
export function seatOf (log: MembershipLog, key: Key, recovery: Key): MemberRecord | undefined {
  return log.membersOf(key).find(member => member.recovery === recovery)
}

/** The seat of a person in a party, whichever of its keys stand. */
export function seatWith (log: MembershipLog, recovery: Key, device: Key): MemberRecord | undefined {
  return device === recovery ? undefined : log.personsOf(device).flatMap(person => log.member(person) ?? []).find(member => member.recovery === recovery)
}

/**
 * Keys that are to be unlinked in a party, in the order in which they were linked: those that were in the home, and
 * those that only such ones linked, directly or through others, and that the home lacks.
 *
 * @param lost - Unlinked in the home, or about to be
 */
export function keysToUnlink (records: readonly KeyRecord[], { standing }: HomeKeys, lost: ReadonlySet<Key>): KeyRecord[] {
  const bad = new Set(lost)

  for (let before = -1; before !== bad.size;) {
    before = bad.size
    records.filter(({ key, linkedBy }) => !standing.has(key) && linkedBy.length > 0 && linkedBy.every(by => bad.has(by))).forEach(({ key }) => { bad.add(key) })
  }

  return records.filter(({ key, stands }) => stands && bad.has(key))
}
