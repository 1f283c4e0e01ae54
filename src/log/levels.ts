/** Levels: how far above others a person or an op stands. A smaller number is above. */
import type { PartyKind, Role } from './kinds.js'

/** Owners are 0, founders, to 15. */
export const LAST_OWNER = 15
export const ADMIN = 16
/** No person: ADMITs by hosts. */
export const DOOR = 17
export const WRITER = 18
export const READER = 19
/** Who is no member. */
export const NOBODY = 20
/** Below all: words above it are all words. */
export const ALL = 21

export function roleAt (level: number): Role | undefined {
  if (level <= LAST_OWNER) {
    return 'owner'
  }

  return level === ADMIN ? 'admin' : level === WRITER ? 'writer' : level === READER ? 'reader' : undefined
}

/** The level that a role has which was given at a level. */
export function levelGiven (role: Role, by: number): number {
  return { owner: by + 1, admin: ADMIN, writer: WRITER, reader: READER }[role]
}

/** May who stands at this level make an invitation to that role? In a contact the one owner makes the other. */
export function mayInvite (kind: PartyKind, level: number, role: Role): boolean {
  return mayGive(level, role) && (kind !== 'contact' || role === 'owner')
}

/** Owners of levels 0 to 14 give owner; owners admin; owners and admins writer and reader. */
export function mayGive (level: number, role: Role): boolean {
  return level < (role === 'owner' ? LAST_OWNER : role === 'admin' ? ADMIN : DOOR)
}
