/** Who may have a log: members by this replica's view, or by an ADMIT that it has not seen yet. */
import { checkGrant } from '../grant.js'
import { decodeOp } from '../op.js'
import { mayInvite } from '../rules.js'
import type { MembershipLog } from '../log.js'
import type { MemberKey, SignedOp } from '../op.js'

/**
 * @param proof - The ops that prove the peer's ADMIT, ending with it; may be empty
 */
export async function isMember (log: MembershipLog, peer: MemberKey, proof: SignedOp[]): Promise<boolean> {
  const admit = proof.at(-1)

  if (log.member(peer) != null || admit == null) {
    return log.member(peer) != null
  }

  // nothing of a stranger's is kept before the Grant that it shows holds
  try {
    const op = decodeOp(admit)
    const author = op.kind === 'UNKNOWN' ? '' : op.author
    const { genesis, invite, ops } = await checkGrant({ admit, authority: proof.slice(0, -1) }, { inviter: author, member: peer })

    if (genesis.id !== log.key) {
      return false
    }

    // also where it will be void: then an app can say why, and offer READOPT
    await log.receive(ops.map(op => op.signed), { from: peer })

    // judged by its own past where that is here; until then, by the inviter's right as it is known here
    return log.member(peer) != null ||
      (log.isWaiting(admit) && log.invite(invite.id)?.revokedBy == null && mayInvite(log.kind, log.member(author)?.role, invite.payload.role))
  } catch {
    return false
  }
}
