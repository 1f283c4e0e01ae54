/** Who joined by an invitation, as its log has it. */
import { peerIdOf } from '../log/terms.js'
import { isHome } from './offer.js'
import type { InvitingParty } from './inviting-party.js'
import type { InvitationJoin } from '../interface/index.js'
import type { Key, Role } from '../log/index.js'

/** The last who joined by an invitation, as its log has it. */
export function lastJoinOf (party: InvitingParty, invitation: { id: string, role: Role }): InvitationJoin | undefined {
  const key = usedBy(party, invitation.id).at(-1)

  return key == null ? undefined : joinOf(party, invitation, key)
}

/** The same of this one. */
export function joinOf (party: InvitingParty, { id: invite, role }: { id: string, role: Role }, key: Key): InvitationJoin {
  const { log } = party
  const peerId = peerIdOf(key)
  const id = log.member(key)?.person ?? log.invite(invite)?.usedBy.find(person => log.firstKeyOf(person) === key) ?? ''

  return { party, member: { id, peerId, devices: [peerId], role, profile: party.profileOf(key), invitedBy: party.self, self: false, online: true } }
}

/** First keys of those whom an invitation brought; in a home the devices' own. */
export function usedBy ({ log }: InvitingParty, invite: string): Key[] {
  const used = log.invite(invite)?.usedBy ?? []

  return isHome(log) ? used : used.flatMap(person => log.firstKeyOf(person) ?? [])
}
