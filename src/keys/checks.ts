/** What secrets and wrap sets are checked against: the REKEYs of a log. */
import { holds, MAX_PREDECESSORS, mostBytes } from './wraps.js'
import type { Rekeying } from './derive.js'
import type { AnyOp, MembershipLog, OpId } from '../log/index.js'

/** Undefined: it is not here, or another op. */
export function rekeyIn (log: MembershipLog, id: OpId): AnyOp<'REKEY'> | undefined {
  const op = log.get(id)

  return op?.kind === 'REKEY' ? op : undefined
}

/** Its place. */
export function placeOf (log: MembershipLog, { author, previous }: AnyOp<'REKEY'>): Rekeying {
  return { genesis: log.key, author, ...(previous == null ? {} : { previous }) }
}

/** Is this the secret that a REKEY commits to, which is here? */
export function isSecretOf (log: MembershipLog, id: OpId, secret: Uint8Array): boolean {
  const op = rekeyIn(log, id)

  return op != null && holds(secret, placeOf(log, op), op.payload.commitment)
}

/** Bytes that a REKEY's wrap set may have: as its past explains. */
export function mostBytesOf (log: MembershipLog, rekey: OpId): number {
  const before = log.allRekeys().filter(other => log.isAncestor(other, rekey)).length

  return mostBytes(log.recipients(rekey).length, Math.min(before, MAX_PREDECESSORS))
}
