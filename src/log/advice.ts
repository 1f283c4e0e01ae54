/** Which roles a member may give, and what to do where one may not (docs/membership-log.md, "Who can undo whom"). */
import { ADMIN, LAST_OWNER, mayGive, mayInvite, NOBODY, roleAt } from './levels.js'
import { ROLES } from './kinds.js'
import type { MemberRecord } from './interface.js'
import type { PartyKind, Role } from './kinds.js'

type Standing = Pick<MemberRecord, 'person' | 'level'>

/** Roles to which who stands at this level may invite, most first. */
export function rolesToInvite (kind: PartyKind, level: number): Role[] {
  return ROLES.filter(role => mayInvite(kind, level, role))
}

/** Roles that one member may give another, most first; none: it may not remove it either. */
export function rolesToGive (kind: PartyKind, own: Standing | undefined, other: Standing): Role[] {
  const level = own?.level ?? NOBODY

  return kind === 'contact' || level > ADMIN || level >= other.level ? [] : ROLES.filter(role => mayGive(level, role))
}

/** Why who stands at this level may not invite to a role, for a person to read. */
export function whyNoInvite (kind: PartyKind, level: number, role: Role): string {
  if (kind === 'contact' && level === 0) {
    return 'A contact is of two owners; invite to owner'
  }

  return level > ADMIN ? `${a(level)} may not invite; ask an owner or an admin` : whyNotGive(level, role)
}

/** Why one member may not give another a role, or remove it, for a person to read. */
export function whyNoChange (kind: PartyKind, own: Standing | undefined, other: Standing, role: Role | undefined): string {
  const level = own?.level ?? NOBODY

  if (kind === 'contact') {
    return 'In a contact both are owners for as long as they stay; either may leave'
  }

  if (level > ADMIN) {
    return `${a(level)} may not change members; ask an owner or an admin`
  }

  if (own?.person === other.person) {
    return 'Nobody changes their own role; ask an owner who is above you, or leave'
  }

  if (level >= other.level) {
    return other.level === 0
      ? 'Nobody is above a founder, who can only leave by themselves; ask them to'
      : `You are not above that ${roleAt(other.level) ?? 'member'}; ask who made them one, or an owner nearer to the founders`
  }

  return role == null ? 'This member may not be removed; see party.rolesFor()' : whyNotGive(level, role)
}

function whyNotGive (level: number, role: Role): string {
  return level === LAST_OWNER && role === 'owner'
    ? `You are the ${LAST_OWNER}th owner in a row, each made by the one before, and may make no more; ask an owner nearer to the founders`
    : `${a(level)} may not make anybody ${role}; ask an owner`
}

function a (level: number): string {
  const role = roleAt(level)

  return role == null ? 'Who is not a member' : role === 'owner' || role === 'admin' ? `An ${role}` : `A ${role}`
}
