/** Who speaks for a member in the records beside a log (docs/membership-log.md, "Format"): its devices, by the log. */
import type { Key, MembershipLog, PersonId } from '../log/index.js'
import type { Speakers } from './signed-records.js'

/** Devices of one member that are listened to, those nearest to the words first: as many as a home has (docs/persons.md). */
const MAX_SPEAKERS = 32

/** @param first - The member's first key */
export function speakersFor (log: MembershipLog, person: PersonId, first: Key): Speakers {
  const recovery = log.member(person)?.recovery ?? log.recoveryOf(person)

  return { keys: log.keysOf(person).slice(0, MAX_SPEAKERS), first, ...recovery == null ? {} : { recovery } }
}

/** Those for whom a key speaks. While the log is not here, also whom the Grant shows. */
export function spokenFor (log: MembershipLog, key: Key): Speakers[] {
  const members = log.membersOf(key)
  const shown = members.length === 0 ? log.member(key) : undefined

  return [...members, ...shown == null ? [] : [shown]].map(member => speakersFor(log, member.person, member.key)).filter(({ keys, first }) => first === key || keys.includes(key))
}
