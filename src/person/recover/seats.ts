/** What a recovery key is to a party, by its log: the one place where both ends read it. */
import type { Key, MembershipLog, MemberRecord, OpId } from '../../log/index.js'

export interface RecoverySeat {
  /** The person left, by keys that may have been stolen: these LEAVEs are in effect. Empty: it is a member. */
  leaves: OpId[]
}

/** The seat that a recovery key has; undefined: none, or one from which it was removed, or that it left itself. */
export function seatOf (log: MembershipLog, recovery: Key): RecoverySeat | undefined {
  const standing = log.standingOf(recovery)

  if (standing.is === 'member') {
    return { leaves: [] }
  }

  // a LEAVE by the words is no thief's
  const isLeft = standing.is === 'removed' && standing.ops.length > 0 && standing.ops.every(id => isLeaveOfDevice(log, id, recovery))

  return isLeft ? { leaves: standing.ops } : undefined
}

/** The members whose recovery key it is: one, but where two devices came into the party by invitations of their own. */
export function membersOf (log: MembershipLog, recovery: Key): MemberRecord[] {
  return log.membersOf(recovery).filter(member => member.recovery === recovery)
}

function isLeaveOfDevice (log: MembershipLog, id: OpId, recovery: Key): boolean {
  const op = log.get(id)

  return op?.kind === 'LEAVE' && op.author !== recovery
}
