/** Which member a call means: by the Member itself, or by a PeerId, which may name two. */
import { AmbiguousMemberError, NotPermittedError } from '../errors.js'
import { keyOf } from '../log/terms.js'
import type { Member } from '../interface/index.js'
import type { MembershipLog, PersonId } from '../log/index.js'
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
