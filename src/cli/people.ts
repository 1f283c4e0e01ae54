/** Parties, members and invitations as text. Pure. */
import { formatExpiration } from './duration.js'
import { count, foreign, shortPeer } from './output.js'
import type { InvitationPreview, Member, Party } from '../parties/interface.js'
import type { Output } from './output.js'

/** A party in JSON events. */
export function partyFields ({ key, name, kind }: Pick<Party, 'key' | 'name' | 'kind'>): Record<string, unknown> {
  return { key, name, kind }
}

/** A member in JSON events. */
export function memberFields ({ peerId, role, invitedBy, self }: Member): Record<string, unknown> {
  return { peerId, role, invitedBy, self }
}

/** `Book club · group · 2 members` */
export function partyTitle (party: Party, out: Output): string {
  return `${out.style('bold', foreign(party.name))} · ${party.kind} · ${count(party.members.length, 'member')}`
}

/** One line for each member. */
export function memberLines (members: readonly Member[], out: Output): string[] {
  return members.map(({ peerId, role, invitedBy, self }) => {
    const remark = self ? 'you' : invitedBy == null ? '' : `by ${shortPeer(invitedBy)}`

    return `  ${role.padEnd(6)}  ${peerId.toString()}  ${out.style('dim', remark)}`.trimEnd()
  })
}

/** Prints who is in a party. */
export function showMembers (party: Party, out: Output): void {
  out.event('members', { party: partyFields(party), members: party.members.map(memberFields) })
  out.line(partyTitle(party, out))
  memberLines(party.members, out).forEach(line => { out.line(line) })
}

/** Who invites, into what: what the invitee says yes to. */
export function previewLines ({ party, memberCount, inviter, role, expiresAt, attemptsLeft }: InvitationPreview, now: number, out: Output): string[] {
  const name = foreign(inviter.profile.displayName ?? '')
  const field = (label: string, value: string): string => `  ${out.style('dim', label.padEnd(9))} ${value}`

  return [
    field('party', `${out.style('bold', foreign(party.name))} (${party.kind}, ${count(memberCount, 'member')})`),
    // the name is what they call themselves: the key is who they are
    field('inviter', name === '' ? inviter.peerId.toString() : name),
    ...(name === '' ? [] : [field('', inviter.peerId.toString())]),
    field('your role', role),
    field('expires', formatExpiration(expiresAt, now)),
    field('attempts', `${attemptsLeft} left`)
  ]
}
