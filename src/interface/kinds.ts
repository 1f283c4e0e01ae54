/** Kinds of parties that an app makes. */
import type { PartyKind as LogKind, Role } from '../log/index.js'

/** A `contact` is of exactly two, both owners. */
export type PartyKind = Exclude<LogKind, 'person'>

/** What an invitation offers where nothing else is said. Owners and admins invite, in every kind, to roles that they may give. */
export const KIND_DEFAULTS = {
  community: { role: 'reader', uses: 25 },
  group: { role: 'writer', uses: 1 },
  /** A friend request: exactly two, both owners. */
  contact: { role: 'owner', uses: 1 }
} as const satisfies Record<PartyKind, { role: Role, uses: number }>
