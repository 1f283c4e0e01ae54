/** What the recovery key signs in a party whose log is here: it takes a seat back, and links this device. */
import { DeviceUnlinkedError, NoSeatError } from '../../errors.js'
import { linkBytes } from '../../log/acceptance.js'
import { keyOf } from '../../log/terms.js'
import { MAX_LEAVES } from './constants.js'
import { membersOf, seatOf } from './seats.js'
import type { Key, MembershipLog, OpId, PersonId, WriteOptions } from '../../log/index.js'
import type { PrivateKey } from '@libp2p/interface'

/** Does this node's key stand for each member whose recovery key this is? */
export function isLinked (log: MembershipLog, recovery: Key): boolean {
  const members = membersOf(log, recovery)

  return members.length > 0 && members.every(({ person }) => log.keysOf(person).includes(log.self))
}

/**
 * Links this node's key for each member whose recovery key this is.
 *
 * @param options - For the last LINK
 * @throws {NoSeatError} There is none.
 * @throws {DeviceUnlinkedError} The key was unlinked.
 * @throws {StorageError}
 */
export async function linkSelf (log: MembershipLog, device: PrivateKey, recovery: PrivateKey, options: WriteOptions): Promise<void> {
  const own = keyOf(recovery)
  const members = membersOf(log, own).filter(({ person }) => !log.keysOf(person).includes(log.self))

  if (membersOf(log, own).length === 0) {
    throw new NoSeatError()
  }

  for (const [i, { person }] of members.entries()) {
    if (log.personsOf(log.self).includes(person)) {
      throw new DeviceUnlinkedError()
    }

    const acceptance = Uint8Array.from(await device.sign(linkBytes(log.key, person, own)))
    await log.append('LINK', { key: log.self, acceptance }, { signer: recovery, speaker: person, signal: options.signal, ...i === members.length - 1 ? options : {} })
  }
}

/**
 * Unlinks the devices that let the person leave, beside what they signed: their LEAVEs are void.
 *
 * @throws {StorageError}
 */
export async function voidLeaves (log: MembershipLog, recovery: PrivateKey, { signal }: { signal: AbortSignal }): Promise<void> {
  const own = keyOf(recovery)

  for (let nth = 0; nth < MAX_LEAVES; nth++) {
    const leaves = seatOf(log, own)?.leaves ?? []
    const [leave] = leaves

    if (leave == null) {
      return
    }

    const { key, person } = authorOf(log, leave, own)
    await log.append('UNLINK', { key }, { signer: recovery, speaker: person, without: leaves, signal })
  }
}

/** Which key signed an op, and for which of the recovery key's persons. */
function authorOf (log: MembershipLog, id: OpId, recovery: Key): { key: Key, person?: PersonId } {
  const op = log.get(id)
  const key = op?.author ?? ''
  const person = op?.speaker ?? log.personsOf(recovery).find(one => log.firstKeyOf(one) === key)

  return { key, ...(person == null ? {} : { person }) }
}
