/**
 * What ops that came, or whose effect changed, can change: gathered first, so that
 * of many about one person, key or invitation all is gone through once.
 */
import { byClass, isAncestor, lowerBound } from './entry.js'
import { mayBeUnlinked, voids } from './keys.js'
import type { Agenda } from './agenda.js'
import type { Entry } from './entry.js'
import type { Graph } from './graph.js'
import type { Person } from './person.js'

/** Ops of a group that are compared with each of the others; of more only what they have in common. */
const FEW = 4

/** What some ops have in common: nothing lower than this. */
interface Bounds {
  level: number
  class: number
  place: number
  /** All places below are in the past of each. */
  upto: number
}

/** Ops that change the same, by what that is. */
class Groups<K> {
  readonly #groups = new Map<K, Entry[]>()

  add (key: K, op: Entry): void {
    const group = this.#groups.get(key)

    if (group == null) {
      this.#groups.set(key, [op])
    } else {
      group.push(op)
    }
  }

  /** All that were added, taken off. */
  take (): Array<[K, Entry[]]> {
    const groups = [...this.#groups]
    this.#groups.clear()

    return groups
  }
}

export class Affected {
  readonly #graph: Graph
  readonly #agenda: Agenda
  /** Words, by whom they are about. */
  readonly #words = new Groups<Person>()
  /** By INVITE. */
  readonly #revokes = new Groups<Entry>()
  /** By person and key. */
  readonly #links = new Groups<string>()
  readonly #unlinks = new Groups<string>()
  readonly #leaves = new Groups<Person>()
  /** Persons of whom all that UNLINKs may not count for is known: as long as there was none, nobody looked. */
  readonly #unlinked = new Set<Person>()
  readonly #counts: (keyOp: Entry) => boolean

  /** @param counts - Of a LINK or UNLINK, as it was last judged */
  constructor (graph: Graph, agenda: Agenda, counts: (keyOp: Entry) => boolean) {
    this.#graph = graph
    this.#agenda = agenda
    this.#counts = counts
  }

  /** Notes an op that is concurrent with others, or whose effect changed. */
  add (op: Entry, isNew: boolean): void {
    const { kind, invite, key } = op
    const person = op.person == null ? undefined : this.#graph.person(op.person)

    if (kind === 'INVITE') {
      this.#put(this.#graph.admitsOf(op))
    } else if (kind === 'REVOKE' && invite != null) {
      this.#revokes.add(invite, op)
    } else if (kind === 'UNLINK') {
      this.#unlinks.add(`${op.speaker}/${key}`, op)
    } else if (kind === 'LINK' && !isNew) {
      // nothing has a new LINK in its past
      this.#links.add(`${op.speaker}/${key}`, op)
    } else if (person != null) {
      this.#words.add(person, op)
    }
  }

  /** Puts on the agenda what these can change. */
  settle (): void {
    for (const [invite, revokes] of this.#revokes.take()) {
      this.#put(this.#graph.admitsOf(invite), movedBy(revokes, (admit, revoke) => admit.level >= revoke.level && !isAncestor(admit, revoke), (admit, { level, upto }) => admit.level >= level && admit.place >= upto))
    }

    for (const [person, words] of this.#words.take()) {
      this.#settlePerson(person, words)
    }

    this.#settleKeys(this.#unlinks.take(), (other, unlink) => other.class > unlink.class && !isAncestor(other, unlink), (other, bounds) => other.class > bounds.class && other.place >= bounds.upto)
    this.#settleKeys(this.#links.take(), (other, link) => other.class > link.class && isAncestor(link, other), (other, bounds) => other.class > bounds.class && other.place > bounds.place)

    for (const [person, leaves] of this.#leaves.take()) {
      const isMoved = movedBy(leaves, (other, leave) => isAncestor(leave, other), (other, { place }) => other.place > place)

      for (const list of [person.spoken, this.#graph.hostedFor(person.id), ...person.words.map(words => words.list)]) {
        this.#put(list, isMoved)
      }
    }
  }

  /** Words about a person: what the person says at lower levels, or is told of there, and who its INVITEs' hosts admit. */
  #settlePerson (person: Person, words: Entry[]): void {
    const isBeside = movedBy(words, (other, word) => other.level > word.level && !isAncestor(other, word), (other, { level, upto }) => other.level > level && other.place >= upto)
    const isBelow = movedBy(words, (other, word) => other.level > word.level, (other, { level }) => other.level > level)
    // some UNLINKs do not count for what those above had seen before they removed or demoted this person; all these rest on its LEAVEs
    const hasLeft = person.leaves.some(({ author }) => mayBeUnlinked(person, author))
    const isMoved = (other: Entry): boolean => isBeside(other) || ((hasLeft || (other.speaker === person.id && mayBeUnlinked(person, other.author))) && isBelow(other))

    for (const list of [person.spoken, this.#graph.hostedFor(person.id), ...person.words.map(own => own.list)]) {
      this.#put(list, isMoved)
    }
  }

  /**
   * LINKs or UNLINKs of a key: what that signed for the person. Of an op for which some UNLINKs do not count, after a fall, all that
   * is asked for lies before that fall: what comes later changes nothing of it.
   */
  #settleKeys (groups: Array<[string, Entry[]]>, isMovedByOne: (other: Entry, keyOp: Entry) => boolean, isMovedByMany: (other: Entry, bounds: Bounds) => boolean): void {
    for (const [, keyOps] of groups) {
      const [{ key = '', speaker }] = keyOps as [Entry]
      const person = this.#graph.person(speaker) as Person
      const isMoved = movedBy(keyOps, isMovedByOne, isMovedByMany)
      const first = this.#firstBefore(keyOps)
      const signed = this.#graph.chains.by(key)
      // what the first one voids stays void by it: the rest of what these can change lies in its past
      const end = first == null ? signed.length : lowerBound(signed, (this.#graph.chains.newestBy(key, first.ancestors)?.place ?? -1) + 1)

      for (const other of signed.slice(0, end)) {
        if (other.speaker === speaker && isMoved(other) && (first == null || !voids(first, other))) {
          this.#agenda.add(other)

          if (other.kind === 'LEAVE') {
            this.#leaves.add(person, other)
          }
        }
      }
    }

    const speakers = new Set(groups.map(([, [keyOp]]) => keyOp?.speaker))

    for (const speaker of speakers) {
      const person = this.#graph.person(speaker ?? '')

      if (person?.unlinks != null && !this.#unlinked.has(person)) {
        this.#unlinked.add(person)
        this.#put(person.spoken)
      }
    }
  }

  /** Where UNLINKs of a key came or changed: one that counts already and is to blame before any of these, so that what it voids they do not change. */
  #firstBefore (keyOps: readonly Entry[]): Entry | undefined {
    const [{ kind, key = '', speaker }] = keyOps as [Entry]
    const changed = new Set(keyOps)
    const first = kind === 'UNLINK' ? this.#graph.person(speaker)?.unlinks?.get(key)?.find(other => !changed.has(other) && this.#counts(other)) : undefined

    return first != null && keyOps.every(op => byClass(first, op) < 0) ? first : undefined
  }

  #put (entries: readonly Entry[], isMoved: (entry: Entry) => boolean = () => true): void {
    for (const entry of entries) {
      if (isMoved(entry)) {
        this.#agenda.add(entry)
      }
    }
  }
}

/** Whether one of these ops can change another one; of many, whether it may. */
function movedBy (ops: Entry[], byOne: (other: Entry, op: Entry) => boolean, byMany: (other: Entry, bounds: Bounds) => boolean): (other: Entry) => boolean {
  if (ops.length <= FEW) {
    return other => ops.some(op => byOne(other, op))
  }

  const least = (of: (op: Entry) => number): number => ops.reduce((low, op) => Math.min(low, of(op)), Infinity)
  const bounds = { level: least(op => op.level), class: least(op => op.class), place: least(op => op.place), upto: least(op => op.ancestors.upto) }

  return other => byMany(other, bounds)
}
