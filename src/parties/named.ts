/** Which member a call means, by the Member itself or by a PeerId, which may name two; and what this node's may do to it. */
import { AmbiguousMemberError, NotPermittedError } from '../errors.js'
import { keyOf, NOBODY, rolesToGive, rolesToInvite, whyNoChange } from '../log/terms.js'
import type { Member } from '../interface/index.js'
import type { MembershipLog, PersonId, Role } from '../log/index.js'
import type { PeerId } from '@libp2p/interface'

/**
 * The person of a member, or of one who was: for whom a device stands, or whose first key it has, which names it for
 * good. A device that was unlinked names nobody.
 *
 * @throws {NotPermittedError} There is none.
 * @throws {AmbiguousMemberError} There are several.
 */
export function personNamed (log: MembershipLog, named: PeerId | Member): PersonId {
  const persons = 'peerId' in named ? [named.id].filter(id => log.firstKeyOf(id) != null) : personsBehind(log, named)

  return theOne(persons, 'Whom this names is not a member of the party; see party.members')
}

/**
 * The member for whom this node speaks.
 *
 * @param member - Which one, where its key stands for two
 * @throws {NotPermittedError} There is none.
 * @throws {AmbiguousMemberError} There are several.
 */
export function ownPerson (log: MembershipLog, member?: Member): PersonId {
  const persons = log.membersOf(log.self).map(({ person }) => person)

  return theOne(persons.filter(person => person === (member?.id ?? person)), member == null
    ? 'This device stands for no member of the party any more'
    : 'This device does not stand for that member; see which one of party.members is `self`')
}

/** Roles that this node may give a member; without one, to which it may invite. */
export function rolesFor (log: MembershipLog, person?: PersonId): Role[] {
  const own = log.member(log.self)
  const other = person == null ? undefined : log.member(person)

  return other == null
    ? person == null ? rolesToInvite(log.kind, own?.level ?? NOBODY) : []
    : rolesToGive(log.kind, own, other)
}

/**
 * May this node give a member that role, or, without one, remove it? The log has the last word, also of who is none any more.
 *
 * @throws {NotPermittedError} It says why, and what to do.
 */
export function assertMayChange (log: MembershipLog, person: PersonId, role?: Role): void {
  const [own, other] = [log.member(log.self), log.member(person)]
  const roles = other == null ? undefined : rolesToGive(log.kind, own, other)

  if (other != null && roles != null && (roles.length === 0 || (role != null && !roles.includes(role)))) {
    throw new NotPermittedError(whyNoChange(log.kind, own, other, role))
  }
}

/** May this node give the party its name and picture? @throws {NotPermittedError} */
export function assertMayName (log: MembershipLog): void {
  if (log.member(log.self)?.role !== 'owner') {
    throw new NotPermittedError('Only owners give a party its name and picture; ask one of them')
  }
}

function personsBehind (log: MembershipLog, peer: PeerId): PersonId[] {
  if (peer.type !== 'Ed25519') {
    return []
  }

  const key = keyOf(peer)
  const shown = log.member(key)
  const standing = [...log.membersOf(key), ...shown == null ? [] : [shown]].map(({ person }) => person)
  const first = log.personsOf(key).filter(person => log.firstKeyOf(person) === key)
  const named = new Set([...standing, ...first.filter(person => log.member(person) != null)])

  return [...named.size > 0 ? named : first]
}

function theOne ([person, ...others]: PersonId[], missing: string): PersonId {
  if (person == null) {
    throw new NotPermittedError(missing)
  }

  if (others.length > 0) {
    throw new AmbiguousMemberError([person, ...others])
  }

  return person
}
