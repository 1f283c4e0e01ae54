/** Rule 1 of DESIGN section 6, "Knowledge": what its own past says of an op. A refusal is for good. */
import { acceptanceOf } from './belief.js'
import { isBefore, rankOf } from './graph.js'
import type { Belief } from './belief.js'
import type { Draft } from './fact.js'
import type { Graph } from './graph.js'
import type { Op, PartyKind, Role } from './op.js'

/** Above that role: owner or admin, and of a higher rank. */
function isAbove (own: Role | undefined, role: Role): boolean {
  return (own === 'owner' || own === 'admin') && rankOf(own) < rankOf(role)
}

/** May a member of this role give that one? Owners and admins, below their own; in a contact its owner makes the other. */
export function mayInvite (kind: PartyKind, own: Role | undefined, role: Role): boolean {
  return kind === 'contact' ? own === 'owner' && role === 'owner' : isAbove(own, role)
}

/** The op as the rules read it, resolved against what is here; undefined: what it names is not here. */
export function draftOf (graph: Graph, belief: Belief, op: Op): Draft | undefined {
  const base = { id: op.id, kind: op.kind, author: op.author, parents: op.parents, signed: op.signed }

  switch (op.kind) {
    case 'GENESIS': return base
    case 'INVITE': {
      const { role, ...terms } = op.payload

      return { ...base, role, terms }
    }
    case 'ADMIT': {
      const invite = graph.get(op.payload.invite)

      return invite?.kind === 'INVITE' && belief.has(invite) ? { ...base, member: op.payload.member, invite, role: invite.role, after: op.payload.after } : undefined
    }
    case 'REVOKE': {
      const invite = graph.get(op.payload.invite)

      return invite?.kind === 'INVITE' && belief.has(invite) ? { ...base, invite } : undefined
    }
    case 'REMOVE': return { ...base, member: op.payload.member }
    case 'SET_ROLE': return { ...base, member: op.payload.member, role: op.payload.role }
    case 'LEAVE': return { ...base, member: op.author, of: belief.seatOf(op.author)?.grant }
    case 'READOPT': {
      const admit = graph.get(op.payload.admit)

      return admit?.kind === 'ADMIT' && belief.has(admit) ? { ...base, member: admit.member, of: admit, role: admit.role } : undefined
    }
  }
}

/** What is wrong with an op in the eyes of its own past, for a person to read; undefined: nothing. */
export function refusalOf (past: Belief, kind: PartyKind, draft: Draft): string | undefined {
  const own = past.seatOf(draft.author)?.role
  const who = own ?? 'someone who is not a member'

  switch (draft.kind) {
    case 'GENESIS': return 'a party has one GENESIS'
    case 'INVITE': {
      if (!mayInvite(kind, own, draft.role ?? 'owner')) {
        return `${who} may not invite to ${draft.role}`
      }

      return kind === 'contact' ? contactRefusal(past, draft) : undefined
    }
    case 'ADMIT': return admitRefusal(past, kind, draft, own)
    case 'REVOKE': {
      const { invite } = draft
      const may = kind === 'contact' ? invite?.author === draft.author && own === 'owner' : isAbove(own, invite?.role ?? 'owner')

      return may ? undefined : `${who} may not revoke an invitation to ${invite?.role}`
    }
    case 'REMOVE': {
      const member = draft.member ?? ''
      const role = past.seatOf(member)?.role ?? past.leftWith(member)

      if (role == null) {
        return 'whom it names is not a member'
      }

      return isAbove(own, role) ? undefined : `${who} may not remove ${a(role)}`
    }
    case 'SET_ROLE': {
      const role = past.seatOf(draft.member ?? '')?.role

      if (role == null) {
        return 'whom it names is not a member'
      }

      return isAbove(own, role) && isAbove(own, draft.role ?? 'owner') ? undefined : `${who} may not make ${a(role)} ${a(draft.role ?? 'owner')}`
    }
    case 'LEAVE': {
      if (own == null) {
        return 'its author is not a member'
      }

      return own === 'owner' && kind !== 'contact' ? 'an owner may not leave' : undefined
    }
    case 'READOPT': return readoptRefusal(past, draft, own)
  }
}

/** One use; again only while nobody was admitted and each earlier one is revoked. */
function contactRefusal (past: Belief, { terms }: Draft): string | undefined {
  const seen = past.invitesSeen()

  if (terms?.uses !== 1 || seen.some(invite => past.revokeOf(invite) == null || past.admitsOf(invite).length > 0)) {
    return 'a contact has one invitation, of one use'
  }

  return undefined
}

function admitRefusal (past: Belief, kind: PartyKind, { author, invite, member = '', signed }: Draft, own: Role | undefined): string | undefined {
  if (invite?.author !== author || invite.role == null || past.voidOf(invite) != null) {
    return 'its author has no such invitation'
  }

  if (!mayInvite(kind, own, invite.role)) {
    return `${own ?? 'someone who is not a member'} may not admit ${a(invite.role)}`
  }

  if (past.revokeOf(invite) != null) {
    return 'the invitation is revoked'
  }

  if (past.usedOf(invite) >= (invite.terms?.uses ?? 0)) {
    return 'the invitation is used'
  }

  if ((invite.terms?.target ?? member) !== member) {
    return 'the invitation is for another'
  }

  if (past.seatOf(member) != null) {
    return 'whom it names is a member already'
  }

  const before = past.about(member).filter(fact => fact.kind === 'ADMIT' && fact.invite === invite)
  const acceptance = before.length === 0 ? '' : acceptanceOf({ signed })

  return before.some(fact => acceptanceOf(fact) === acceptance) ? 'the acceptance was used before' : undefined
}

function readoptRefusal (past: Belief, { of: admit, member = '' }: Draft, own: Role | undefined): string | undefined {
  const lost = admit == null ? undefined : past.voidOf(admit)

  if (admit?.role == null || lost == null || lost.reason === 'acceptance') {
    return 'it names no admission that was lost'
  }

  if (!isAbove(own, admit.role)) {
    return `${own ?? 'someone who is not a member'} may not admit ${a(admit.role)}`
  }

  if (past.seatOf(member) != null) {
    return 'whom it names is a member already'
  }

  // what came after the admission that was lost, or beside it: who left or was removed must accept anew
  const gone = past.about(member).some(fact => (fact.kind === 'LEAVE' || (fact.kind === 'REMOVE' && past.voidOf(fact) == null)) && !isBefore(fact, admit))

  return gone ? 'whom it names left or was removed since; invite anew' : undefined
}

function a (role: Role): string {
  return role === 'owner' || role === 'admin' ? `an ${role}` : `a ${role}`
}
