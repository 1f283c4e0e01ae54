/** What gives somebody the right to invite, as few ops as show it: collected from a log, and checked without one. */
import { isAncestor, levelGivenBy } from './entry.js'
import { ALL, DOOR, levelGiven, mayGive, NOBODY } from './levels.js'
import { personIdOf } from './op.js'
import { standingOf, wordsAbove } from './standing.js'
import type { Entry } from './entry.js'
import type { Person } from './person.js'
import type { Key, OpId, PersonId, Role } from './kinds.js'
import type { AnyOp, Op } from './op.js'
import type { View } from './view.js'

/** Ops that an ADMIT rests on, at most: 16 levels of owners with an invitation each, an admin, devices, and the INFO that was shown. */
export const MAX_AUTHORITY = 64

/**
 * An op with what gave its speaker the right to it: GENESIS, grants, LINKs of
 * the keys that signed them, and the INVITEs of those; parents first.
 */
export function authorityOf (view: View, entry: Entry): Entry[] {
  const found = new Set<Entry>([view.graph.at(0)])
  collect(view, entry, found)

  return [...found].sort((a, b) => a.place - b.place)
}

/** Kinds that say of nobody what it is. */
const PLAIN = new Set(['REKEY', 'INVITE', 'REVOKE'])

/** Ops that a Grant brings beside what it rests on, at most, and bytes of their bodies. */
const MAX_ADDITIONS = 16
const MAX_ADDITIONS_BYTES = 8192

/**
 * What is in the past of an ADMIT besides the ops that it rests on, if that is little and says of nobody what it is: with it a
 * newcomer has all of the log, and needs nobody to go on. Else nothing: the rest comes by sync.
 */
export function additionsOf ({ graph }: View, admit: Entry, shown: ReadonlySet<OpId>): Entry[] {
  if (admit.depth > MAX_AUTHORITY) {
    return []
  }

  const additions = graph.within(graph.entries.slice(0, admit.place), admit.ancestors).filter(({ id }) => !shown.has(id))
  const bytes = additions.reduce((sum, { signed: { body } }) => sum + body.length, 0)
  const isLittle = additions.length <= MAX_ADDITIONS && additions.length + shown.size <= MAX_AUTHORITY && bytes <= MAX_ADDITIONS_BYTES

  return isLittle && additions.every(({ kind }) => PLAIN.has(kind)) ? additions : []
}

/** What the next op of a key that speaks for a person would rest on; parents first. */
export function groundOf (view: View, person: Person, key: Key): Entry[] {
  const found = new Set<Entry>([view.graph.at(0)])
  collectSpeaker(view, person, key, undefined, found)

  return [...found].sort((a, b) => a.place - b.place)
}

function collect (view: View, entry: Entry | undefined, found: Set<Entry>): void {
  if (entry == null || found.has(entry)) {
    return
  }

  found.add(entry)
  collect(view, entry.invite, found)
  collect(view, entry.of, found)
  collectSpeaker(view, view.graph.person(entry.speaker) as Person, entry.author, entry, found)
}

/** @param entry - What it signed; undefined: what it signs next */
function collectSpeaker (view: View, person: Person, key: Key, entry: Entry | undefined, found: Set<Entry>): void {
  linksOf(person, key).forEach(link => { found.add(link) })

  if (!person.isFounder) {
    const grant = grantBefore(view, person, entry)
    collect(view, grant, found)

    // a SET_ROLE does not say the person's keys: its ADMIT does
    if (grant?.kind === 'SET_ROLE') {
      collect(view, person.admits.find(admit => isAncestor(admit, grant)), found)
    }
  }
}

/** What made a person what it was when it signed; of one that is void for that by now, the last grant before. */
function grantBefore (view: View, person: Person, entry: Entry | undefined): Entry | undefined {
  const { latest, level } = standingOf(view, person, ALL, entry)

  return latest.find(grant => levelGivenBy(grant) === level) ?? [...wordsAbove(person, ALL)].find(word => word.kind !== 'REMOVE' && (entry == null || isAncestor(word, entry)))
}

/** The LINKs that brought a key, first the nearest to the first key. */
function linksOf (person: Person, key: Key): Entry[] {
  const links: Entry[] = []

  for (let at = key; at !== person.first && at !== person.recovery;) {
    const [link] = [...person.links?.get(at) ?? []].sort((a, b) => a.class - b.class)

    if (link == null || links.includes(link)) {
      break
    }

    links.unshift(link)
    at = link.author
  }

  return links
}

/** What a person is by some ops alone. */
export interface Shown {
  person: PersonId
  level: number
  first: Key
  recovery?: Key
  /** The ADMIT that it came by. */
  admit?: AnyOp<'ADMIT'>
}

/** Goes through ops that rest on each other, in their order: who is what by them. What one has no right to is passed over. */
export class Authority {
  readonly persons = new Map<PersonId, Shown>()
  readonly #keys = new Map<Key, Set<PersonId>>()
  readonly #ops = new Map<OpId, Op>()
  readonly #levels = new Map<OpId, number>()

  constructor (ops: readonly Op[]) {
    ops.forEach(op => { this.#take(op) })
  }

  /** For whom an op speaks, if its author's key stands for that person. */
  speakerOf ({ author, speaker }: Op): Shown | undefined {
    const persons = [...this.#keys.get(author) ?? []]
    const first = persons.filter(id => this.persons.get(id)?.first === author)
    const id = speaker ?? (first.length === 1 ? first[0] : undefined)

    return id != null && persons.includes(id) ? this.persons.get(id) : undefined
  }

  /** A person's keys, the recovery key left out: the first one first. */
  keysOf ({ person, first, recovery }: Shown): Key[] {
    return [first, ...[...this.#keys].flatMap(([key, persons]) => persons.has(person) && key !== first && key !== recovery ? [key] : [])]
  }

  #take (op: Op): void {
    const speaker = this.speakerOf(op)
    const level = speaker?.level ?? NOBODY
    this.#ops.set(op.id, op)

    switch (op.kind) {
      case 'GENESIS':
        op.payload.owners.forEach(owner => { this.#seat(owner, 0) })
        break
      case 'INVITE':
        if (mayGive(level, op.payload.role)) {
          this.#levels.set(op.id, level)
        }

        break
      case 'ADMIT': this.#admit(op, level, op)
        break
      case 'READOPT': {
        const admit = this.#ops.get(op.payload.admit)

        if (admit?.kind === 'ADMIT') {
          this.#admit(admit, level, op)
        }

        break
      }
      case 'SET_ROLE': {
        const person = this.persons.get(op.payload.person)

        if (person != null && mayGive(level, op.payload.role)) {
          person.level = levelGiven(op.payload.role, level)
        }

        break
      }
      case 'LINK':
        if (speaker != null) {
          this.#name(op.payload.key, speaker.person)
        }

        break
      default:
    }
  }

  /** An ADMIT, by what it says itself or by a READOPT of it. */
  #admit (admit: AnyOp<'ADMIT'>, own: number, by: AnyOp<'ADMIT' | 'READOPT'>): void {
    const invite = this.#ops.get(admit.payload.invite)
    const role = this.roleOf(admit)

    if (invite?.kind !== 'INVITE' || role == null) {
      return
    }

    const speaker = this.speakerOf(by)?.person
    const isHosted = by.kind === 'ADMIT' && invite.payload.hosts.includes(speaker ?? '') && speaker !== this.speakerOf(invite)?.person
    const level = by.kind === 'READOPT' ? own : isHosted ? DOOR : Math.max(own, this.#levels.get(invite.id) ?? NOBODY)

    if (isHosted || (mayGive(own, role) && (by.kind === 'READOPT' || speaker === this.speakerOf(invite)?.person))) {
      this.#seat(admit.payload, levelGiven(role, level), admit)
    } else {
      // void as it stands: its keys are known, should a READOPT come
      this.#seat(admit.payload, NOBODY, admit)
    }
  }

  /** The role that an ADMIT's INVITE gives, if its speaker might. */
  roleOf ({ payload }: AnyOp<'ADMIT'>): Role | undefined {
    const invite = this.#ops.get(payload.invite)

    return invite?.kind === 'INVITE' && this.#levels.has(invite.id) ? invite.payload.role : undefined
  }

  #seat ({ first, recovery }: { first: Key, recovery?: Key }, level: number, admit?: AnyOp<'ADMIT'>): void {
    const person = personIdOf(first, recovery)
    this.persons.set(person, { person, level, first, ...(recovery == null ? {} : { recovery }), ...(admit == null ? {} : { admit }) })
    this.#name(first, person)

    if (recovery != null) {
      this.#name(recovery, person)
    }
  }

  #name (key: Key, person: PersonId): void {
    this.#keys.set(key, (this.#keys.get(key) ?? new Set()).add(person))
  }
}
