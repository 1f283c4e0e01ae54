/** What a recovery key is to a party, by its log: the one place where both ends read it. */
import type { Key, MembershipLog, MemberRecord, OpId } from '../../log/index.js'

export interface RecoverySeat {
  /** Is a person whose recovery key it is a member? */
  isMember: boolean
  /** Such persons left, by keys that may have been stolen: these LEAVEs are in effect. */
  leaves: OpId[]
}

/**
 * The seats that a recovery key has; undefined: none, or such from which it was removed, or that it left itself. Each is
 * looked at by itself: somebody else may have named the key as their own (docs/persons.md, "Recovering").
 */
export function seatOf (log: MembershipLog, recovery: Key): RecoverySeat | undefined {
  const isMember = membersOf(log, recovery).length > 0
  const persons = log.personsOf(recovery).filter(person => log.recoveryOf(person) === recovery)

  // a LEAVE by the words is no thief's
  const leaves = persons.map(person => log.endsOf(person)).filter(ends => ends.every(id => isLeaveOfDevice(log, id, recovery))).flat()

  return isMember || leaves.length > 0 ? { isMember, leaves } : undefined
}

/** The members whose recovery key it is: one, but where two devices came into the party by invitations of their own. */
export function membersOf (log: MembershipLog, recovery: Key): MemberRecord[] {
  return log.membersOf(recovery).filter(member => member.recovery === recovery)
}

function isLeaveOfDevice (log: MembershipLog, id: OpId, recovery: Key): boolean {
  const op = log.get(id)

  return op?.kind === 'LEAVE' && op.author !== recovery
}
