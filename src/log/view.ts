/**
 * What a set of ops means: members, invitations, and what is void and why (DESIGN
 * section 6). A pure function of the set: `evaluate` says it for any set, `apply`
 * carries a view on by one op that has all others in its past.
 */
import { ROLES } from './op.js'
import type { Graph } from './graph.js'
import type { AnyOp, MemberKey, Op, OpId, PartyKind, Role } from './op.js'

export interface MemberRecord {
  key: MemberKey
  role: Role
  /** The ADMIT, and its author; undefined for the owners of GENESIS. */
  admit?: OpId
  invitedBy?: MemberKey
}

export interface InviteRecord {
  id: OpId
  author: MemberKey
  lookupId: string
  role: Role
  uses: number
  /** Members that its ADMITs in effect brought. */
  usedBy: MemberKey[]
  expiresAt: number
  target?: MemberKey
  revokedBy?: OpId
}

/** Why an authorised op has no effect. */
export type VoidReason =
  /** Its invitation was revoked beside it. */
  | 'revoked'
  /** Its invitation had no use left (rule 5). */
  | 'uses'
  /** Its invitation is itself void. */
  | 'invite-void'
  /** Owners' words do not make its author an admin any more (rule 3). */
  | 'author'
  /** An owner's op about the same member stands beside it (rule 3). */
  | 'owner-beside'

export interface View {
  name: string
  kind: PartyKind
  members: Map<MemberKey, MemberRecord>
  invites: Map<OpId, InviteRecord>
  voids: Map<OpId, VoidReason>
}

/** Lower is more. */
export function rankOf (role: Role): number {
  return ROLES.indexOf(role)
}

/** May a member of this role give that one? Owners and admins, below their own; in a contact its owner makes the other. */
export function mayInvite (kind: PartyKind, own: Role | undefined, role: Role): boolean {
  if (kind === 'contact') {
    return own === 'owner' && role === 'owner'
  }

  return (own === 'owner' || own === 'admin') && rankOf(role) > rankOf(own)
}

/**
 * Rule 1, "Knowledge": what is wrong with an op in the eyes of its own past, or
 * undefined. A refusal is for good.
 */
export function refusalOf (past: View, op: Op): string | undefined {
  const own = past.members.get(op.author)?.role

  switch (op.kind) {
    case 'GENESIS': return 'a second GENESIS'
    case 'INVITE': {
      const { role, uses } = op.payload

      if (!mayInvite(past.kind, own, role)) {
        return `${own ?? 'a stranger'} may not invite to ${role}`
      }

      return past.kind === 'contact' && (uses !== 1 || past.invites.size > 0) ? 'a contact has one invitation of one use' : undefined
    }
    case 'ADMIT': {
      const invite = past.invites.get(op.payload.invite)

      if (invite == null || invite.author !== op.author) {
        return 'no invitation of this author'
      }

      if (!mayInvite(past.kind, own, invite.role)) {
        return `${own ?? 'a stranger'} may not admit to ${invite.role}`
      }

      if (invite.revokedBy != null || invite.usedBy.length >= invite.uses) {
        return 'the invitation is revoked or used'
      }

      if (invite.target != null && invite.target !== op.payload.member) {
        return 'the invitation is for another'
      }

      return past.members.has(op.payload.member) ? 'already a member' : undefined
    }
    case 'REVOKE': {
      const invite = past.invites.get(op.payload.invite)

      if (invite == null || invite.revokedBy != null) {
        return 'no open invitation'
      }

      return mayInvite(past.kind, own, invite.role) ? undefined : `${own ?? 'a stranger'} may not revoke an invitation to ${invite.role}`
    }
  }
}

/** The view of a GENESIS alone. */
export function genesisView ({ payload }: AnyOp<'GENESIS'>): View {
  return {
    name: payload.name,
    kind: payload.kind,
    members: new Map(payload.owners.map(key => [key, { key, role: 'owner' }])),
    invites: new Map(),
    voids: new Map()
  }
}

/** Carries the view on by an authorised op that has everything else in its past: costs the same at any size. */
export function apply (view: View, op: Op): void {
  switch (op.kind) {
    case 'INVITE':
      view.invites.set(op.id, { id: op.id, author: op.author, usedBy: [], ...op.payload })
      break
    case 'ADMIT': {
      const invite = view.invites.get(op.payload.invite)

      if (invite != null) {
        invite.usedBy.push(op.payload.member)
        view.members.set(op.payload.member, { key: op.payload.member, role: invite.role, admit: op.id, invitedBy: op.author })
      }

      break
    }
    case 'REVOKE': {
      const invite = view.invites.get(op.payload.invite)

      if (invite != null) {
        invite.revokedBy = op.id
      }

      break
    }
    case 'GENESIS':
      break
  }
}

/**
 * The view of a set of authorised ops, closed under parents: first what owners
 * wrote, then what admins wrote (rules 2 and 3), so that rank flows down only.
 */
export function evaluate (graph: Graph, ops: readonly Op[]): View {
  const [first, ...rest] = ops

  if (first?.kind !== 'GENESIS') {
    throw new Error('A membership log begins with its GENESIS')
  }

  const view = genesisView(first)
  const owners = new Set(view.members.keys())
  // the two owners of a contact are as one from the moment both are there
  const byOwner = rest.filter(op => owners.has(op.author) || view.kind === 'contact')
  const byAdmin = rest.filter(op => !byOwner.includes(op))

  const ownersRevokes = admitAll(view, graph, byOwner, [], () => undefined)

  const admins = new Map(ofKind(byOwner, 'ADMIT').filter(op => !view.voids.has(op.id)).map(op => [op.id, op]))

  admitAll(view, graph, byAdmin, ownersRevokes, (op) => {
    // an admin by owners' words that are in effect and in the op's past
    const stands = [...admins.values()].some(({ id, payload }) => payload.member === op.author &&
      view.invites.get(payload.invite)?.role === 'admin' && graph.isAncestor(id, op.id))

    if (!stands) {
      return 'author'
    }

    return op.kind === 'ADMIT' && ofKind(byOwner, 'ADMIT').some(other => other.payload.member === op.payload.member && graph.areBeside(other.id, op.id))
      ? 'owner-beside'
      : undefined
  })

  return view
}

/** One stratum: its INVITEs and REVOKEs, then its ADMITs against them and the REVOKEs from above. Gives all REVOKEs in effect. */
function admitAll (view: View, graph: Graph, ops: Op[], above: Array<AnyOp<'REVOKE'>>, voidReason: (op: Op) => VoidReason | undefined): Array<AnyOp<'REVOKE'>> {
  for (const op of ops) {
    const reason = voidReason(op)

    if (reason != null) {
      view.voids.set(op.id, reason)
    } else if (op.kind === 'INVITE') {
      apply(view, op)
    }
  }

  const revokes = [...above, ...ofKind(ops, 'REVOKE').filter(op => !view.voids.has(op.id))]

  for (const op of revokes) {
    const invite = view.invites.get(op.payload.invite)

    if (invite != null && (invite.revokedBy == null || op.id < invite.revokedBy)) {
      invite.revokedBy = op.id
    }
  }

  for (const invite of view.invites.values()) {
    const admits = ofKind(ops, 'ADMIT').filter(op => op.payload.invite === invite.id && !view.voids.has(op.id))
    const against = revokes.filter(op => op.payload.invite === invite.id)
    const standing = admits.filter((op) => {
      const revoked = against.some(revoke => graph.areBeside(revoke.id, op.id))

      if (revoked) {
        view.voids.set(op.id, 'revoked')
      }

      return !revoked
    })

    inTurn(graph, standing).forEach((op, turn) => {
      if (turn >= invite.uses) {
        view.voids.set(op.id, 'uses')
      } else {
        seat(view, invite, op)
      }
    })
  }

  for (const op of ofKind(ops, 'ADMIT')) {
    if (!view.invites.has(op.payload.invite) && !view.voids.has(op.id)) {
      view.voids.set(op.id, 'invite-void')
    }
  }

  return revokes
}

/** Rule 5's order: ancestors first, then the lowest id. */
function inTurn (graph: Graph, ops: Array<AnyOp<'ADMIT'>>): Array<AnyOp<'ADMIT'>> {
  const left = [...ops].sort((a, b) => a.id < b.id ? -1 : 1)
  const turns: Array<AnyOp<'ADMIT'>> = []

  while (left.length > 0) {
    const next = left.findIndex(op => !left.some(other => other !== op && graph.isAncestor(other.id, op.id)))
    turns.push(...left.splice(Math.max(0, next), 1))
  }

  return turns
}

/** Of several grants side by side, owners' count before admins', then the highest role, then the lowest id. */
function seat (view: View, invite: InviteRecord, op: AnyOp<'ADMIT'>): void {
  const key = op.payload.member
  invite.usedBy.push(key)
  const seated = view.members.get(key)

  // an owner's grant was seated before any admin's; an owner has no admit at all
  const betterSeated = seated != null && (seated.admit == null || (view.members.get(seated.invitedBy ?? '')?.role === 'owner' && view.members.get(op.author)?.role !== 'owner') ||
    rankOf(seated.role) < rankOf(invite.role) || (seated.role === invite.role && seated.admit < op.id))

  if (!betterSeated) {
    view.members.set(key, { key, role: invite.role, admit: op.id, invitedBy: op.author })
  }
}

function ofKind <K extends Op['kind']> (ops: Op[], kind: K): Array<AnyOp<K>> {
  return ops.filter((op): op is AnyOp<K> => op.kind === kind)
}
