/** Parties and their members as text, and who is meant by one. Pure. */
import { peerIdFromString } from '@libp2p/peer-id'
import { UsageError } from './exit.js'
import { count, foreign, peerText, shortPeer } from './output.js'
import { cut, tableLines } from './table.js'
import type { Output } from './output.js'
import type { PeerId } from '@libp2p/interface'
import type { Member, Party } from 'plus-one'

/** A party in JSON events. */
export function partyFields ({ key, name, kind, app }: Pick<Party, 'key' | 'name' | 'kind' | 'app'>): Record<string, unknown> {
  return { key, name, kind, app }
}

/** A member in JSON events. */
export function memberFields ({ id, peerId, devices, role, profile, invitedBy, self, online }: Member): Record<string, unknown> {
  return { id, peerId, devices, role, displayName: profile.displayName, invitedBy, self, online }
}

/** What a member calls themselves and the end of their key, which is who they are. */
export function nameOf ({ peerId, profile }: Pick<Member, 'peerId' | 'profile'>): string {
  return `${foreign(profile.displayName ?? '') || NO_NAME} (${shortPeer(peerId)})`
}

/**
 * The one that is meant: by the PeerId of a device, its beginning or its end, or by display name.
 *
 * @throws {UsageError} Nobody, or more than one.
 */
export function findMember <T extends Pick<Member, 'peerId' | 'profile'> & Partial<Pick<Member, 'devices'>>> (text: string, people: readonly T[]): T {
  return findNamed(text, people, {
    called: ({ profile }) => profile.displayName ?? '',
    idsOf: ({ peerId, devices = [] }) => [peerId, ...devices],
    shownAs: nameOf,
    none: wanted => `Nobody here is called ${wanted}; give a name or the end of a PeerId as plus-one members shows them`
  })
}

/** What each is called and known by, and what is said where none is meant. */
interface Naming<T> {
  called: (one: T) => string
  idsOf: (one: T) => PeerId[]
  shownAs: (one: T) => string
  none: (wanted: string) => string
}

/** The one that is meant, of members or of devices: by name, PeerId, its beginning or its end. @throws {UsageError} None, or more than one. */
export function findNamed <T> (text: string, all: readonly T[], { called, idsOf, shownAs, none }: Naming<T>): T {
  const wanted = foreign(text).replace(/^…/, '')
  const isMeant = (id: string): boolean => id === wanted || (wanted.length >= MIN_PART && (id.startsWith(wanted) || id.endsWith(wanted)))
  const fitting = all.filter(one => foreign(called(one)).toLowerCase() === wanted.toLowerCase() || idsOf(one).some(id => isMeant(id.toString())))
  const [first] = fitting

  if (first == null) {
    throw new UsageError(none(JSON.stringify(wanted)))
  }

  if (fitting.length > 1) {
    throw new UsageError(`${JSON.stringify(wanted)} is more than one: ${fitting.map(shownAs).join(', ')}; give the end of the PeerId`)
  }

  return first
}

/** Whom somebody means who may be no member: a PeerId, or a person known from any party. @throws {UsageError} */
export function findPeer (text: string, parties: readonly Party[]): Pick<Member, 'peerId' | 'profile'> {
  const people = membersOf(parties).filter(({ self }) => !self)
  const known = people.find(({ peerId }) => peerId.toString() === text)

  if (known != null) {
    return known
  }

  try {
    return { peerId: peerIdFromString(text), profile: {} }
  } catch {
    return findMember(text, people)
  }
}

/** Everybody whom these parties know, once. */
export function membersOf (parties: readonly Party[]): Member[] {
  return [...new Map(parties.flatMap(({ members }) => members).map(member => [member.peerId.toString(), member])).values()]
}

/** Characters of a PeerId that may stand for it. */
const MIN_PART = 4

/** Of whom no name is known. */
const NO_NAME = 'no name'

/** What a line of 60 has for names, beside a role and the end of a key. */
const COLUMNS = { name: 18, inviter: 11 }

/** `Book club · group · 2 members` */
export function partyTitle (party: Party, out: Output): string {
  return `${out.style('bold', foreign(party.name))} · ${party.kind} · ${count(party.members.length, 'member')}`
}

/** One line for each member, in 60 columns, and one for each device of who has several; with `--verbose` nothing is cut. */
export function memberLines (members: readonly Member[], out: Output): string[] {
  const fit = (text: string, columns: number): string => out.verbose ? text : cut(text, columns)
  const inviterOf = ({ invitedBy }: Member): string => {
    const name = foreign(members.find(({ peerId }) => invitedBy != null && peerId.equals(invitedBy))?.profile.displayName ?? '')

    return invitedBy == null ? '' : fit(`by ${name || peerText(invitedBy, out)}`, COLUMNS.inviter)
  }
  const lines = tableLines(members.map((member) => {
    const { peerId, role, profile, self, online } = member
    const name = fit(foreign(profile.displayName ?? ''), COLUMNS.name)

    return [name || out.style('dim', NO_NAME), role, peerText(peerId, out), self ? 'you' : online ? out.style('green', 'online') : '', out.style('dim', inviterOf(member))]
  }))

  return members.flatMap(({ devices }, i) => [`  ${lines[i] ?? ''}`, ...(devices.length < 2 ? [] : devices.map(device => `      ${out.style('dim', 'device')} ${peerText(device, out)}`))])
}

/** Prints who is in a party. */
export function showMembers (party: Party, out: Output): void {
  out.event('members', { party: partyFields(party), members: party.members.map(memberFields), epoch: party.epoch })
  out.line(partyTitle(party, out))
  memberLines(party.members, out).forEach(line => { out.line(line) })

  if (party.epoch.owed) {
    out.line('Who is out may still know the party\'s key: an owner or an admin who stays online makes another (plus-one serve).')
  }
}
