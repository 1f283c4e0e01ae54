/**
 * What is in effect in a part of the log that is closed under parents
 * (docs/membership-log.md, "From ops to members"). Every verdict rests on those of
 * smaller class or higher level alone, so no cycle can arise.
 */
import { contains } from './ancestors.js'
import { areConcurrent, firstByLevel, isAncestor } from './entry.js'
import { authorStands, blamedUnlink, keyOpCounts, leaveCounts } from './keys.js'
import { ADMIN, ALL, DOOR, READER } from './levels.js'
import { standingOf } from './standing.js'
import { byTurn, Turns } from './turns.js'
import { blame, USED_UP } from './void.js'
import type { Ancestors } from './ancestors.js'
import type { Entry } from './entry.js'
import type { Graph } from './graph.js'
import type { Person, Words } from './person.js'
import type { PersonId } from './kinds.js'
import type { Scope } from './standing.js'
import type { Void } from './void.js'

export type { Void, VoidReason } from './void.js'

/** Whom an op needs to be at least of a level; membership where that is READER. */
interface Need {
  person: PersonId
  worst: number
}

export class Evaluation implements Scope {
  readonly graph: Graph
  #past: Ancestors | undefined
  readonly #voids = new Map<Entry, Void | undefined>()
  readonly #counts = new Map<Entry, boolean>()
  readonly #turns = new Map<string, Turns>()
  readonly #levels = new Map<Person, number>()
  readonly #deep = new Set<PersonId>()

  /** @param past - All that is in the graph if missing */
  constructor (graph: Graph, past?: Ancestors) {
    this.graph = graph
    this.#past = past
  }

  get past (): Ancestors | undefined {
    return this.#past
  }

  has (entry: Entry): boolean {
    return this.#past == null || contains(this.#past, entry)
  }

  /** Of these, those that are here. */
  here (entries: readonly Entry[]): readonly Entry[] {
    return this.#past == null ? entries : this.graph.within(entries, this.#past)
  }

  /** Why an op that is here has no effect; undefined: it has. */
  voidOf (entry: Entry): Void | undefined {
    if (!this.#voids.has(entry)) {
      this.#voids.set(entry, this.judge(entry))
    }

    return this.#voids.get(entry)
  }

  inEffect (word: Entry): boolean {
    return this.voidOf(word) == null
  }

  counts (keyOp: Entry): boolean {
    const known = this.#counts.get(keyOp)

    if (known != null) {
      return known
    }

    this.#countBefore(keyOp)
    const counts = keyOpCounts(this, keyOp)
    this.#counts.set(keyOp, counts)

    return counts
  }

  leaveCounts (leave: Entry, above: number): boolean {
    return leaveCounts(this, leave, above)
  }

  /** What all words here give a person. */
  levelOf (person: Person): number {
    const level = this.#levels.get(person) ?? standingOf(this, person).level
    this.#levels.set(person, level)

    return level
  }

  /** ADMITs of an INVITE that are here; in a contact, of every INVITE. */
  admitsOf (invite: Entry): readonly Entry[] {
    return this.here(this.graph.kind === 'contact' ? this.graph.invites.flatMap(other => this.graph.admitsOf(other)).sort((a, b) => a.place - b.place) : this.graph.admitsOf(invite))
  }

  /** The REVOKE in effect of an INVITE, the first by level and id. */
  revokeOf (invite: Entry): Entry | undefined {
    return this.graph.revokesOf(invite).find(revoke => this.has(revoke) && this.inEffect(revoke))
  }

  /** Were as many persons admitted by it as it has uses? */
  isUsedUp (invite: Entry): boolean {
    const uses = usesOf(this.graph, invite)
    const admits = this.admitsOf(invite)

    return admits.length >= uses && new Set(admits.filter(admit => this.inEffect(admit)).map(({ person }) => person)).size >= uses
  }

  /** Takes in an authorised op whose past is all that is here: nothing else changes its effect. */
  extend (entry: Entry): void {
    this.#past = this.#past == null ? undefined : this.graph.onTop(this.#past, entry)
    this.#levels.clear()

    if (entry.kind === 'ADMIT') {
      this.#turns.get(turnsKey(this.graph, entry))?.add(entry)
    }
  }

  /** Rules 1 to 4. */
  protected judge (x: Entry): Void | undefined {
    switch (x.kind) {
      case 'GENESIS':
        return undefined
      case 'LINK':
      case 'UNLINK':
        return this.counts(x) ? undefined : this.keyUnlinked(x)
      case 'LEAVE':
        return this.leaveCounts(x, ALL) ? undefined : this.keyUnlinked(x)
      case 'ADMIT':
        return this.voidBeforeUses(x) ?? this.outOfTurn(x)
      default:
        return this.voidWord(x)
    }
  }

  /** All that can void an ADMIT but the uses. */
  protected voidBeforeUses (x: Entry): Void | undefined {
    return this.voidWord(x) ?? this.inviteVoid(x) ?? this.revoked(x)
  }

  /** Rule 2. */
  protected voidWord (x: Entry): Void | undefined {
    const needs = needsOf(x)
    const [{ worst }] = needs as [Need]

    if (!authorStands(this, x, worst)) {
      return this.keyUnlinked(x)
    }

    for (const need of needs) {
      const lost = this.authorFell(x, need) ?? this.authorVoid(x, need)

      if (lost != null) {
        return lost
      }
    }

    const person = x.person == null ? undefined : this.graph.person(x.person)

    return person == null ? undefined : this.aboveConcurrent(x, person) ?? this.personAbove(x, person)
  }

  /** Rule 2a */
  protected keyUnlinked (x: Entry): Void {
    return blame('key-unlinked', blamedUnlink(this, x))
  }

  /** Rule 2c: did somebody above take from one whom x needs what it needs, concurrently? */
  protected authorFell (x: Entry, { person, worst }: Need): Void | undefined {
    const fall = this.firstBeside(this.graph.person(person), x, worst)

    return fall == null ? undefined : blame(fall.kind === 'REMOVE' ? 'author-removed' : 'author-demoted', fall)
  }

  /** Rule 2b: do the words above x in its past not give what it needs? */
  protected authorVoid (x: Entry, { person: id, worst }: Need): Void | undefined {
    const person = this.graph.person(id)

    if (person != null && standingOf(this, person, x.level, x).level <= worst) {
      return undefined
    }

    return blame('author-void', firstOf(person, x.level, words => words.find(word => word.kind !== 'REMOVE' && this.has(word) && isAncestor(word, x) && !this.inEffect(word))))
  }

  /** Rule 2d */
  protected aboveConcurrent (x: Entry, person: Person): Void | undefined {
    const word = this.firstBeside(person, x)

    return word == null ? undefined : blame('above-concurrent', word)
  }

  /** Rule 2e */
  protected personAbove (x: Entry, person: Person): Void | undefined {
    const { level, latest } = standingOf(this, person, x.level, x)

    return level > x.level ? undefined : blame('person-above', firstByLevel(latest))
  }

  /** Rule 3: is its INVITE void? */
  protected inviteVoid ({ invite }: Entry): Void | undefined {
    return invite == null || this.inEffect(invite) ? undefined : blame('invite-void', invite)
  }

  /** Rule 3: is there a REVOKE of its own level or above that does not have it in its past? */
  protected revoked (x: Entry): Void | undefined {
    const first = x.invite && this.graph.revokesOf(x.invite).find(revoke => revoke.level <= x.level && this.has(revoke) && !isAncestor(x, revoke) && this.inEffect(revoke))

    return first == null ? undefined : blame('revoked', first)
  }

  /** Rule 3: of the ADMITs of its INVITE by the same speaker, is it for one of the first persons, as many as the INVITE has uses? */
  protected outOfTurn (x: Entry): Void | undefined {
    return this.turnsOf(x).counts(x) ? undefined : USED_UP
  }

  protected turnsOf (x: Entry): Turns {
    const key = turnsKey(this.graph, x)
    let turns = this.#turns.get(key)

    if (turns == null) {
      turns = new Turns(usesOf(this.graph, x.invite as Entry))
      this.#turns.set(key, turns)

      for (const admit of [...this.admitsOf(x.invite as Entry)].sort(byTurn)) {
        if (turnsKey(this.graph, admit) === key && this.voidBeforeUses(admit) == null) {
          turns.add(admit)
        }
      }
    }

    return turns
  }

  /** The first word, by level and id, about a person, above x, concurrent to it, here and in effect; of those alone that bring the person below a level. */
  protected firstBeside (person: Person | undefined, x: Entry, below?: number): Entry | undefined {
    return firstOf(person, x.level, words => words.find(word => this.has(word) && areConcurrent(word, x) && this.inEffect(word), x.ancestors.upto, below))
  }

  /** A row of a thousand LINKs, each by the key before, is decided in the order of class, not by a thousand calls within calls. */
  #countBefore ({ speaker, class: own }: Entry): void {
    const { links, unlinks } = this.graph.person(speaker) ?? {}

    if (own > DEEP && !this.#deep.has(speaker)) {
      this.#deep.add(speaker)
      const before = [...links?.values() ?? [], ...unlinks?.values() ?? []].flat().filter(op => op.class < own && this.has(op))
      before.sort((a, b) => a.class - b.class).forEach(op => this.counts(op))
      this.#deep.delete(speaker)
    }
  }
}

/** Classes that are asked for by calls within calls. */
const DEEP = 64

/** Rule 2: what a word needs. */
function needsOf (x: Entry): Need[] {
  // a host's ADMIT: the host's membership, and an inviter of admin or better
  return x.kind === 'ADMIT' && x.level === DOOR
    ? [{ person: x.speaker, worst: READER }, { person: x.invite?.speaker ?? '', worst: ADMIN }]
    : [{ person: x.speaker, worst: x.level }]
}

/** Of the words of each level above this one about a person, those above first, the first that is found. */
function firstOf (person: Person | undefined, above: number, find: (words: Words) => Entry | undefined): Entry | undefined {
  for (const words of person?.words ?? []) {
    const found = words.level < above ? find(words) : undefined

    if (found != null) {
      return found
    }
  }

  return undefined
}

/** ADMITs that count against each other: of an INVITE by one speaker; in a contact, all. */
export function turnsKey ({ kind }: Graph, { invite, speaker }: Entry): string {
  return kind === 'contact' ? '' : `${invite?.id}/${speaker}`
}

export function usesOf ({ kind }: Graph, { terms }: Entry): number {
  return kind === 'contact' ? 1 : terms?.uses ?? 0
}
