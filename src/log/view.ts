/**
 * What all ops here mean now, kept as they come: an op that has all else in its
 * past is judged alone; of those concurrent with others what they can affect is
 * judged anew when it is asked for, from the top down, by the same rules as everywhere.
 */
import { Affected } from './affected.js'
import { Agenda } from './agenda.js'
import { firstByLevel } from './entry.js'
import { CurrentRekeys } from './current-rekeys.js'
import { Evaluation, turnsKey, usesOf } from './evaluation.js'
import { GoneKeys } from './gone-keys.js'
import { keyOpCounts } from './keys.js'
import { Lines } from './lines.js'
import { NOBODY } from './levels.js'
import { Lost } from './lost.js'
import { Seats } from './seats.js'
import { latestOf } from './standing.js'
import { isSameVoid } from './void.js'
import type { Entry } from './entry.js'
import type { Graph } from './graph.js'
import type { Person } from './person.js'
import type { PersonId } from './kinds.js'
import type { Membership } from './standing.js'
import type { Turns } from './turns.js'
import type { Void } from './void.js'

/** What ops changed in the view. */
export interface Change {
  /** Persons who came, went or changed, or whose keys did, with what they are now. */
  members: Map<PersonId, Membership | undefined>
  /** Ops whose effect was lost, or came back (undefined), or is lost for another reason. */
  voids: Map<Entry, Void | undefined>
}

export class View extends Evaluation {
  readonly #lost = new Lost()
  /** LINKs and UNLINKs that do not count. */
  readonly #uncounted = new Set<Entry>()
  readonly #lines: Lines
  /** In the graph, and not judged yet. */
  readonly #new = new Set<Entry>()
  /** Is there anything to be judged before this is read? */
  #isDue = false
  readonly #seats: Seats
  readonly #agenda = new Agenda()
  readonly #affected: Affected
  readonly #rekeys = new CurrentRekeys(this)
  readonly #gone = new GoneKeys(this)
  #info: Entry | undefined
  #isInfoStale = false

  /** The view of a graph that holds its GENESIS alone. */
  constructor (graph: Graph) {
    super(graph)
    this.#affected = new Affected(graph, this.#agenda, keyOp => !this.#uncounted.has(keyOp))
    this.#seats = new Seats(this)
    this.#lines = new Lines({
      graph,
      admitsOf: invite => this.admitsOf(invite),
      isInLine: (admit) => {
        const lost = this.#lost.get(admit)

        return !this.#new.has(admit) && (lost == null || lost.reason === 'uses')
      }
    })
  }

  /** Members now. */
  get members (): ReadonlyMap<PersonId, Membership> {
    this.#settle()

    return this.#seats.members
  }

  membershipOf (id: PersonId): Membership | undefined {
    this.#settle()

    return this.#seats.membershipOf(id)
  }

  get lost (): ReadonlyMap<Entry, Void> {
    this.#settle()

    return this.#lost.all
  }

  override voidOf (entry: Entry): Void | undefined {
    this.#settle()

    return this.#lost.get(entry)
  }

  /**
   * Are as many ops void that were spoken for a person? It is asked at each op that comes: what is here is judged for it only
   * where so many may be, so that what others lose by what came with them counts once that is judged.
   */
  hasLost (person: PersonId, most: number): boolean {
    if (this.#lost.countOf(person) + this.#new.size < most) {
      return false
    }

    this.#settle()

    return this.#lost.countOf(person) >= most
  }

  override counts (keyOp: Entry): boolean {
    this.#settle()

    return !this.#uncounted.has(keyOp)
  }

  override levelOf ({ id }: Person): number {
    return this.membershipOf(id)?.level ?? NOBODY
  }

  /** REKEYs that are current. */
  get rekeys (): CurrentRekeys {
    this.#settle()

    return this.#rekeys
  }

  /** Keys that stand for no member any more. */
  get gone (): GoneKeys {
    this.#settle()

    return this.#gone
  }

  /** Of the latest INFOs in effect that of the highest level, then the lowest id: the party's name and picture now. */
  get info (): Entry | undefined {
    this.#settle()

    if (this.#isInfoStale) {
      this.#info = firstByLevel(latestOf(this.graph.shared.filter(entry => entry.kind === 'INFO' && this.inEffect(entry))))
      this.#isInfoStale = false
    }

    return this.#info
  }

  /** Persons who were admitted by an INVITE, in turn. */
  usedBy (invite: Entry): ReadonlySet<PersonId> {
    this.#settle()

    return this.#lines.usedBy(invite, this.#new.size === 0)
  }

  override isUsedUp (invite: Entry): boolean {
    this.#settle()
    const uses = usesOf(this.graph, invite)

    return this.#lines.sizeOf(invite) >= uses && this.usedBy(invite).size >= uses
  }

  /** Takes in an op that the graph has just taken in. */
  take (entry: Entry): void {
    const isOnTop = entry.ancestors.upto === entry.place && entry.place === this.graph.end - 1
    this.#agenda.add(entry)
    this.#lines.changed()
    this.#new.add(entry)
    this.#isDue = true
    this.#tell(entry)

    if (!isOnTop) {
      this.#affected.add(entry, true)
    }
  }

  /** Takes in, from the store, what was taken in before; `restored` after all. */
  restore (entry: Entry, lost: Void | undefined): void {
    if (lost != null) {
      this.#lost.restore(entry, lost)

      if (entry.kind === 'LINK' || entry.kind === 'UNLINK') {
        this.#uncounted.add(entry)
      }
    }
  }

  /** All that the store has is here: `changes` tells nothing of it. */
  restored (): void {
    this.#isInfoStale = true
    this.#seats.restored()
    this.#rekeys.restored()
    this.#gone.restored()
  }

  /** What changed since this was asked before. */
  changes (): Change {
    this.#settle()

    return { members: this.#seats.changes(), voids: this.#lost.changes() }
  }

  protected override turnsOf (admit: Entry): Turns {
    return this.#lines.turnsOf(admit)
  }

  /** Judges what is on the agenda, those first on which others rest. */
  #settle (): void {
    if (!this.#isDue) {
      return
    }

    // what is read from here on is decided already
    this.#isDue = false
    this.#affected.settle()

    for (let next = this.#agenda.next(); next != null; next = this.#agenda.next()) {
      if (next.kind === 'keys') {
        this.#recount(next.entries)
      } else {
        if (next.kind === 'admits') {
          this.#line(next.entries)
        }

        for (const entry of next.entries) {
          this.#set(entry, this.judge(entry))
        }
      }

      this.#affected.settle()
    }

    this.#new.clear()
    this.#lines.settled()
  }

  /** LINKs and UNLINKs of one class. */
  #recount (entries: Iterable<Entry>): void {
    for (const entry of entries) {
      const counts = keyOpCounts(this, entry)

      if (counts !== this.counts(entry)) {
        if (counts) {
          this.#uncounted.delete(entry)
        } else {
          this.#uncounted.add(entry)
        }
      }

      this.#set(entry, this.judge(entry))
    }
  }

  /** Puts ADMITs of one level in line, or takes them out, before their turns are looked at. */
  #line (entries: Set<Entry>): void {
    for (const { admit, persons } of this.#lines.move(entries, admit => this.voidBeforeUses(admit) == null)) {
      persons.forEach(person => { this.#crossed(admit, person, entries) })
    }
  }

  /** Someone's turn came, or passed: of ADMITs of this level, or of lower ones, later. */
  #crossed (admit: Entry, person: PersonId, now: Set<Entry>): void {
    const key = turnsKey(this.graph, admit)

    for (const other of this.graph.person(person)?.admits ?? []) {
      if (other !== admit && turnsKey(this.graph, other) === key) {
        if (other.level === admit.level) {
          now.add(other)
        } else if (other.level > admit.level) {
          this.#agenda.add(other)
        }
      }
    }
  }

  #set (entry: Entry, lost: Void | undefined): void {
    const before = this.#lost.get(entry)

    if (isSameVoid(before, lost)) {
      return
    }

    this.#lost.set(entry, lost)

    if ((before == null) !== (lost == null)) {
      this.#tell(entry)
      this.#affected.add(entry, false)
    }
  }

  #tell (entry: Entry): void {
    this.#isInfoStale ||= entry.kind === 'INFO'
    this.#seats.touch(entry)
    this.#rekeys.touch(entry)
    this.#gone.touch(entry)
  }
}
