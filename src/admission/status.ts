/**
 * What an invitation came to, decided here alone: by what is in effect in the log, by
 * time, and at its inviter by what that node counts.
 */
import { END_REASONS, mayInvite, NOBODY } from '../log/terms.js'
import type { InvitationStatus } from '../interface/index.js'
import type { Ledger } from '../invitation/index.js'
import type { InviteRecord, MembershipLog, OpId } from '../log/index.js'

export interface StatusInit {
  /** As the log shows it now; undefined: it is not in the log. */
  invite: Readonly<InviteRecord> | undefined
  /** Has its time passed, by whoever's clock? */
  isOver: boolean
  /** At its inviter. */
  counted?: Ledger
}

/**
 * What is void ends nothing; and what ends it may turn out void, or who lost the
 * right to it be given it again: then it is pending again. What its own node ended
 * is over for good.
 */
export function statusOf (log: MembershipLog, { invite, isOver, counted }: StatusInit): InvitationStatus {
  const inLog = statusInLog(log, invite, isOver)

  // what this node admitted may turn out to be revoked elsewhere
  return counted == null || counted.status === 'pending' || (counted.status === 'used' && inLog === 'revoked') ? inLog : counted.status
}

function statusInLog (log: MembershipLog, invite: Readonly<InviteRecord> | undefined, isOver: boolean): InvitationStatus {
  if (invite == null) {
    return 'revoked'
  }

  const { id, author, speaker, role, uses, usedBy, revokedBy } = invite

  if (usedBy.length >= uses) {
    return 'used'
  }

  if (revokedBy != null) {
    const revoke = log.get(revokedBy)

    return END_REASONS.find(reason => revoke?.kind === 'REVOKE' && revoke.author === author && revoke.payload.reason === reason) ?? 'revoked'
  }

  if (log.voidOf(id) != null) {
    return 'revoked'
  }

  if (isOver) {
    return 'expired'
  }

  return mayInvite(log.kind, log.member(speaker)?.level ?? NOBODY, role) ? 'pending' : 'revoked'
}

/** Writes into the log what ended an invitation at its inviter, so that every replica knows. */
export async function tellLog (party: { log: MembershipLog, freshen: () => Promise<void> }, id: OpId, status: InvitationStatus): Promise<void> {
  // who else reads the log sees an expiry by itself; but an expired contact stands in the way of the next one (rule 1)
  if (status === 'declined' || status === 'locked' || (status === 'expired' && party.log.kind === 'contact')) {
    await party.freshen()

    if (party.log.invite(id)?.revokedBy == null) {
      await party.log.append('REVOKE', { invite: id, reason: status })
    }
  }
}
