/** Kinds of parties, and what invitations into them offer. */
import type { PartyKind, Role } from '../log/index.js'

export type { PartyKind }

/** Kinds that an app makes. A `contact` is of exactly two, both owners; a `person` is the home of one person's devices, made by `Person.invite`. */
export type CreatedKind = Exclude<PartyKind, 'person'>

/** What an invitation offers where nothing else is said. Owners and admins invite, in every kind, to roles that they may give. */
export const KIND_DEFAULTS = {
  community: { role: 'reader', uses: 25 },
  group: { role: 'writer', uses: 1 },
  /** A friend request: exactly two, both owners. */
  contact: { role: 'owner', uses: 1 },
  /** One device. */
  person: { role: 'owner', uses: 1 }
} as const satisfies Record<PartyKind, { role: Role, uses: number }>
