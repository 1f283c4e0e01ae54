/** One invitation as lists show it: what the log tells of it, whoever made it, and what this node alone knows of its own. */
import { peerIdOf } from '../log/terms.js'
import type { Invitation, InvitationItem, InvitationStatus } from '../interface/index.js'
import type { AnyOp, InviteRecord, Key, MembershipLog, OpId } from '../log/index.js'
import type { Ledger } from '../invitation/index.js'
import type { Row } from './paging.js'
import type { PeerId } from '@libp2p/interface'

/** One of this node's, as its party's lists know it. */
export interface OwnInvitation extends Invitation {
  readonly counted: Ledger
  /** What who declined it said; empty until then. */
  readonly reason: string
  /** The log changed. */
  follow: () => void
}

export interface InvitationItemInit extends Row {
  log: MembershipLog
  /** 0: never */
  expiresAt: number
  status: InvitationStatus
  createdBy: PeerId
  /** Where it is one of this node's. */
  own?: OwnInvitation
}

/** It has to be in the log. */
export function invitationItem ({ log, id, createdBy, createdAt, expiresAt, status, own }: InvitationItemInit): InvitationItem {
  const { role, uses, target, revokedBy } = log.invite(id) as Readonly<InviteRecord>
  const usedBy = log.usesOf(id).map(({ person, at }) => ({ peerId: peerIdOf(log.firstKeyOf(person) as Key), at }))
  const revoke = status === 'revoked' ? revokeIn(log, revokedBy) : undefined
  const data = log.dataOf(id)

  return {
    id,
    partyKey: log.key,
    kind: log.kind,
    role,
    createdBy,
    createdAt,
    uses,
    usedBy,
    status,
    ...(own != null && status === 'pending' ? { code: own.code } : {}),
    ...(data == null ? {} : { data }),
    ...(own == null ? {} : { attemptsLeft: own.getSnapshot().attemptsLeft, ...(own.label === '' ? {} : { label: own.label }) }),
    ...(target == null ? {} : { target: peerIdOf(target) }),
    ...(expiresAt === 0 ? {} : { expiresAt }),
    ...(usedBy.length === 0 ? {} : { usedAt: usedBy.at(-1)?.at }),
    ...(revoke == null ? {} : { revokedBy: peerIdOf(revoke.author), reason: revoke.payload.reason }),
    ...(own != null && status === 'declined' ? { reason: own.reason } : {})
  }
}

function revokeIn (log: MembershipLog, id: OpId | undefined): AnyOp<'REVOKE'> | undefined {
  const op = id == null ? undefined : log.get(id)

  return op?.kind === 'REVOKE' ? op : undefined
}
