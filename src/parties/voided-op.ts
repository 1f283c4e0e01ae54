/** A void op as apps see it. */
import { peerIdOf } from '../log/terms.js'
import type { VoidedOp } from '../interface/index.js'
import type { Key, LogEvents, MembershipLog, Op } from '../log/index.js'

export function voidedOf (log: MembershipLog, { op, reason }: LogEvents['void']['detail']): VoidedOp {
  const member = aboutOf(log, op)

  return { id: op.id, kind: op.kind, author: peerIdOf(op.author), member: member == null ? undefined : peerIdOf(member), reason }
}

/** The first key of whom an op is about. */
function aboutOf (log: MembershipLog, op: Op): Key | undefined {
  switch (op.kind) {
    case 'ADMIT': return op.payload.first
    case 'REMOVE':
    case 'SET_ROLE': return log.firstKeyOf(op.payload.person)
    case 'LEAVE': return log.firstKeyOf(op.speaker ?? '') ?? op.author
    case 'READOPT': {
      const admit = log.get(op.payload.admit)

      return admit?.kind === 'ADMIT' ? admit.payload.first : undefined
    }
    default: return undefined
  }
}
