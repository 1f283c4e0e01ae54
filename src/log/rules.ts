/**
 * Who may sign what (docs/membership-log.md, "Who may sign what"): what its own past
 * says of an op. That past never changes, so a refusal is for good.
 */
import { isAncestor } from './entry.js'
import { classOf, keyStands } from './keys.js'
import { ADMIN, ALL, DOOR, mayGive, NOBODY, READER, roleAt } from './levels.js'
import { personIdOf } from './op.js'
import { standingOf } from './standing.js'
import type { Draft, Entry } from './entry.js'
import type { Evaluation } from './evaluation.js'
import type { Person } from './person.js'
import type { Key, OpId, PersonId, Role } from './kinds.js'
import type { AnyOp, Op } from './op.js'

/** Kinds that a recovery key may sign. */
const BY_RECOVERY = new Set(['LINK', 'UNLINK', 'LEAVE'])

/** Why its past refuses an op, for a person to read. */
class Refusal extends Error {
  override name = 'Refusal'
}

/**
 * Judges an op in the view of its own past.
 *
 * @returns What the rules read of it, or why it is refused for good
 */
export function judge (past: Evaluation, op: Op): Draft | string {
  try {
    return draftOf(past, op)
  } catch (err) {
    if (err instanceof Refusal) {
      return err.message
    }

    throw err
  }
}

/** @throws {Refusal} */
function draftOf (past: Evaluation, op: Op): Draft {
  const { graph } = past
  need(op.kind !== 'GENESIS', 'a party has one GENESIS')
  const previous = previousOf(past, op)
  const speaker = speakerOf(past, op)
  const level = past.levelOf(speaker)
  const own = classOf(past, speaker, op.author)

  need(level < NOBODY, 'its author is not a member')
  need(own != null && keyStands(past, speaker, op.author), 'its author\'s key does not stand for that member')
  need(own > 0 || BY_RECOVERY.has(op.kind), 'a recovery key speaks of keys and leaving alone')

  const draft: Draft = {
    id: op.id, kind: op.kind, author: op.author, ...(previous == null ? {} : { previous }), speaker: speaker.id, level, class: own,
    parents: op.parents.map(id => graph.get(id) as Entry), signed: op.signed
  }

  switch (op.kind) {
    case 'INVITE': return { ...draft, ...invited(past, level, op) }
    case 'ADMIT': return { ...draft, ...admitted(past, speaker, level, op) }
    case 'REVOKE': {
      const invite = named(past, 'INVITE', op.payload.invite)
      need(mayGive(level, invite.role as Role), `${a(level)} may not revoke an invitation to ${invite.role}`)

      return { ...draft, invite }
    }
    case 'REMOVE': return { ...draft, ...removed(past, level, op) }
    case 'SET_ROLE': return { ...draft, ...changed(past, level, op) }
    case 'LEAVE': return draft
    case 'READOPT': return { ...draft, ...readopted(past, level, op) }
    case 'LINK': return { ...draft, ...linked(past, speaker, op) }
    case 'UNLINK': {
      const { key } = op.payload
      const other = classOf(past, speaker, key)
      need(other != null, 'that key never was this member\'s')
      need(own < other, 'only a key nearer to the recovery key may unlink that one')

      return { ...draft, key }
    }
    case 'REKEY':
      need(level <= ADMIN, `${a(level)} may not rotate the party's key`)
      return draft
    case 'INFO':
      need(level < ADMIN, `${a(level)} may not rename the party`)
      return draft
  }
}

/** The author key's op before it: one of its latest in the past. @throws {Refusal} */
function previousOf (past: Evaluation, { author, previous: id, parents }: Op): Entry | undefined {
  const previous = id == null ? undefined : past.graph.get(id)

  // a parent that no other parent has in its past: nothing here does
  if (previous?.author === author && parents.includes(previous.id) && !parents.some(parent => isAncestor(previous, past.graph.get(parent) as Entry))) {
    return previous
  }

  const newest = past.graph.chains.newestBy(author, past.past)

  if (newest !== previous) {
    need(previous != null && newest != null && previous.author === author && past.has(previous), 'it does not name its author\'s op before it')
    need(!past.graph.chains.lastBy(author, previous.place, past.past).some(later => isAncestor(previous, later)), 'it does not name its author\'s op before it')
  }

  return previous
}

/** Whom the author speaks for. @throws {Refusal} */
function speakerOf (past: Evaluation, { author, speaker: id }: Op): Person {
  const persons = [...past.graph.personsOf(author)].map(other => past.graph.person(other) as Person)
  const first = persons.filter(person => person.first === author && isNamed(past, person))

  if (id == null) {
    const [only] = first
    need(only != null && first.length === 1, 'it does not say for whom its author speaks')

    return only
  }

  const named = past.graph.person(id)
  need(named != null && isNamed(past, named), 'it speaks for nobody in its past')
  need(first.length !== 1 || first[0] !== named, 'it says for whom its author speaks where that is clear')

  return named
}

/** Is it a founder, or named by an ADMIT that is here, void or not? */
function isNamed (past: Evaluation, { isFounder, admits: [first], admits }: Person): boolean {
  return isFounder || (first != null && (past.has(first) || past.here(admits).length > 0))
}

function invited (past: Evaluation, level: number, { payload }: AnyOp<'INVITE'>): Partial<Draft> {
  const { role, lookupId, uses, hosts, createdAt, expiresAt, target } = payload
  need(mayGive(level, role), `${a(level)} may not invite to ${role}`)
  need(hosts.length === 0 || role === 'writer' || role === 'reader', 'hosts admit writers and readers alone')

  if (past.graph.kind === 'contact') {
    const before = past.here(past.graph.invites)
    need(role === 'owner' && uses === 1 && hosts.length === 0, 'a contact has one invitation, to an owner, of one use and without hosts')
    need(before.every(invite => past.revokeOf(invite) != null), 'a contact has one invitation at a time')
    need(!before.some(invite => past.isUsedUp(invite)), 'a contact is of two')
  }

  return { role, terms: { lookupId, uses, hosts, createdAt, expiresAt, ...(target == null ? {} : { target }) } }
}

function admitted (past: Evaluation, speaker: Person, level: number, { payload }: AnyOp<'ADMIT'>): Partial<Draft> {
  const { graph } = past
  const { first, recovery, after, info } = payload
  const invite = named(past, 'INVITE', payload.invite)
  const inviter = graph.person(invite.speaker) as Person
  const role = invite.role as Role
  const isOwn = inviter === speaker

  need(graph.kind !== 'person', 'a home has one member')
  need(isOwn || isHost(past, invite, speaker), 'it is not its author\'s invitation, nor its author one of its hosts')
  needOpen(past, invite)
  need(!past.isUsedUp(invite), 'the invitation is used')
  need(mayGive(isOwn ? level : past.levelOf(inviter), role), `the inviter may not make anybody ${role} any more`)
  need((invite.terms?.target ?? first) === first, 'the invitation is for another')
  need(info == null || named(past, 'INFO', info) != null, 'it names no INFO')

  const id = personIdOf(first, recovery)
  const person = graph.person(id)
  need(!isDeviceOfMember(past, first), 'whom it names is a member already')
  need(person == null || !isMember(past, person), 'whom it names is a member already')
  need(person == null || endsOf(past, person).every(end => isAncestor(end, invite)), 'whom it names left or was removed since the invitation; invite anew')

  return { person: id, key: first, ...(recovery == null ? {} : { recovery }), invite, role, after, level: isOwn ? Math.max(level, invite.level) : DOOR }
}

/** One whom words of owners and admins make a member: not a door alone. */
function isHost (past: Evaluation, { terms }: Entry, speaker: Person): boolean {
  return terms?.hosts.includes(speaker.id) === true && standingOf(past, speaker, DOOR).level <= READER
}

function removed (past: Evaluation, level: number, { payload }: AnyOp<'REMOVE'>): Partial<Draft> {
  const person = past.graph.person(payload.person)
  need(past.graph.kind !== 'contact', 'in a contact nobody is removed')
  need(person != null && isNamed(past, person), 'whom it names is not a member')
  const own = past.levelOf(person)
  const leaves = past.here(person.leaves).filter(leave => past.leaveCounts(leave, ALL))
  need(own < NOBODY || leaves.length > 0, 'whom it names is not a member')
  needAbove(level, own < NOBODY ? own : leaves.reduce((least, leave) => Math.min(least, leave.level), NOBODY))

  return { person: person.id }
}

function changed (past: Evaluation, level: number, { payload: { person: id, role } }: AnyOp<'SET_ROLE'>): Partial<Draft> {
  const person = past.graph.person(id)
  need(past.graph.kind !== 'contact', 'in a contact roles do not change')
  need(person != null && isMember(past, person), 'whom it names is not a member')
  needAbove(level, past.levelOf(person))
  need(mayGive(level, role), `${a(level)} may not make anybody ${role}`)

  return { person: id, role }
}

function readopted (past: Evaluation, level: number, { payload }: AnyOp<'READOPT'>): Partial<Draft> {
  const admit = named(past, 'ADMIT', payload.admit)
  const person = past.graph.person(admit.person ?? '') as Person
  need(past.graph.kind !== 'contact', 'in a contact nobody is taken in anew')
  need(past.voidOf(admit) != null, 'it names no admission that was lost')
  need(mayGive(level, admit.role as Role), `${a(level)} may not make anybody ${admit.role}`)
  need(!isMember(past, person), 'whom it names is a member already')
  // what came after the admission that was lost, or concurrent to it: who left or was removed must accept anew
  need(endsOf(past, person).every(end => isAncestor(end, admit)), 'whom it names left or was removed since; invite anew')

  return { person: person.id, of: admit, role: admit.role }
}

function linked (past: Evaluation, speaker: Person, { payload }: AnyOp<'LINK'>): Partial<Draft> {
  const { key } = payload
  const before = [...speaker.links?.get(key) ?? [], ...speaker.unlinks?.get(key) ?? []]
  need(!before.some(op => past.has(op)), 'that key was linked or unlinked before; the device makes a new one')

  if (payload.invite == null) {
    return { key }
  }

  const invite = named(past, 'INVITE', payload.invite)
  need(past.graph.kind === 'person', 'a device is invited in a home alone')
  needOpen(past, invite)
  need((invite.terms?.target ?? key) === key, 'the invitation is for another')
  const keys = new Set(past.here(past.graph.linksOf(invite)).filter(link => past.counts(link)).map(link => link.key))
  need(keys.size < (invite.terms?.uses ?? 0), 'the invitation is used')

  return { key, invite }
}

/** The op of this kind and id in the past. @throws {Refusal} */
function named (past: Evaluation, kind: 'INVITE' | 'ADMIT' | 'INFO', id: OpId): Entry {
  const entry = past.graph.get(id)
  need(entry?.kind === kind && past.has(entry), `it names no ${kind} in its past`)

  return entry
}

/** @throws {Refusal} */
function needOpen (past: Evaluation, invite: Entry): void {
  need(past.inEffect(invite), 'the invitation is void')
  need(past.revokeOf(invite) == null, 'the invitation is revoked')
}

/** @throws {Refusal} */
function needAbove (level: number, other: number): void {
  need(level <= ADMIN && level < other, `${a(level)} is not above ${other === NOBODY ? 'that person' : a(other)}`)
}

function isMember (past: Evaluation, person: Person): boolean {
  return past.levelOf(person) < NOBODY
}

/** Does a key stand for a member, or for this one? A kept key gets its log back, never a second seat. */
export function standsForMember (past: Evaluation, key: Key, only?: PersonId): boolean {
  return standsFor(past, key, ({ id }) => (only ?? id) === id)
}

/** As `standsForMember`, but not as a recovery key: nobody was asked whether theirs may be one, so naming it must not keep them out. */
function isDeviceOfMember (past: Evaluation, key: Key): boolean {
  return standsFor(past, key, person => classOf(past, person, key) !== 0)
}

/** Does a key stand for a member of whom this is true? */
function standsFor (past: Evaluation, key: Key, is: (person: Person) => boolean): boolean {
  return [...past.graph.personsOf(key)].some((id) => {
    const person = past.graph.person(id) as Person

    return is(person) && isMember(past, person) && keyStands(past, person, key)
  })
}

/** Every REMOVE and LEAVE of a person that is here, void or not. */
function endsOf (past: Evaluation, { words, leaves }: Person): readonly Entry[] {
  return [...past.here(leaves), ...words.flatMap(({ list }) => past.here(list).filter(({ kind }) => kind === 'REMOVE'))]
}

function need (holds: boolean, reason: string): asserts holds {
  if (!holds) {
    throw new Refusal(reason)
  }
}

function a (level: number): string {
  const role = roleAt(level)

  return role == null ? 'someone who is not a member' : role === 'owner' || role === 'admin' ? `an ${role}` : `a ${role}`
}
