/** Who stands in line for an INVITE's uses, kept at hand: a line for each speaker who admitted by it. */
import { usesOf } from './evaluation.js'
import { byTurn, Turns } from './turns.js'
import type { Entry } from './entry.js'
import type { Graph } from './graph.js'
import type { PersonId } from './kinds.js'

/** ADMITs of an INVITE whose lines are not kept at hand. */
const FEW_ADMITS = 8

export interface LinesInit {
  graph: Graph
  /** ADMITs by an INVITE; in a contact, by any. */
  admitsOf: (invite: Entry) => readonly Entry[]
  /** By its verdict as it is: does nothing but the uses void this ADMIT? */
  isInLine: (admit: Entry) => boolean
}

/** Persons whose turn may have come, or passed. */
export interface Crossed {
  /** One of their line. */
  admit: Entry
  persons: Set<PersonId>
}

export class Lines {
  readonly #init: LinesInit
  readonly #lines = new Map<Entry, Map<PersonId, Turns>>()
  /** Of each INVITE that was asked about since the last op came: an invitation asks at each step of each guest. */
  readonly #used = new Map<Entry, ReadonlySet<PersonId>>()
  /** INVITEs with few ADMITs: their lines are made anew when they are looked at again. */
  readonly #brief = new Set<Entry>()

  constructor (init: LinesInit) {
    this.#init = init
  }

  /** The line in which an ADMIT stands, or would. */
  turnsOf (admit: Entry): Turns {
    const { graph } = this.#init
    const invite = admit.invite as Entry
    const lines = this.#of(invite)
    const line = graph.kind === 'contact' ? '' : admit.speaker
    let turns = lines.get(line)

    if (turns == null) {
      turns = new Turns(usesOf(graph, invite))
      lines.set(line, turns)
    }

    return turns
  }

  /**
   * Persons who were admitted by an INVITE, in turn.
   *
   * @param isFinal - Are all verdicts given?
   */
  usedBy (invite: Entry, isFinal: boolean): ReadonlySet<PersonId> {
    const known = this.#used.get(invite)

    if (known != null) {
      return known
    }

    const used = new Set([...this.#of(invite).values()].flatMap(turns => [...turns.persons()]))

    if (isFinal) {
      this.#used.set(invite, used)
    }

    return used
  }

  /** How many stand in line. */
  sizeOf (invite: Entry): number {
    return [...this.#of(invite).values()].reduce((sum, turns) => sum + turns.size, 0)
  }

  /**
   * Puts ADMITs in line, or takes them out.
   *
   * @param stands - Does nothing but the uses void this one?
   * @returns For each line that is another now: an ADMIT of it, and persons who may have changed from in to out, or back
   */
  move (admits: Iterable<Entry>, stands: (admit: Entry) => boolean): Crossed[] {
    const crossed = new Map<Turns, Crossed>()

    for (const admit of admits) {
      const turns = this.turnsOf(admit)
      const isStanding = stands(admit)

      if (isStanding !== turns.has(admit)) {
        const { persons } = crossed.get(turns) ?? { persons: new Set() }
        const changed = isStanding ? turns.add(admit) : turns.delete(admit)
        changed.forEach(person => persons.add(person))
        crossed.set(turns, { admit, persons })
      }
    }

    return [...crossed.values()]
  }

  /** An op came. */
  changed (): void {
    this.#used.clear()
  }

  /** All verdicts are given. */
  settled (): void {
    this.#brief.forEach(head => { this.#lines.delete(head) })
    this.#brief.clear()
  }

  /** In a contact all INVITEs share one line. */
  #of (invite: Entry): Map<PersonId, Turns> {
    const { graph, admitsOf, isInLine } = this.#init
    const head = graph.kind === 'contact' ? graph.at(0) : invite
    const known = this.#lines.get(head)

    if (known != null) {
      return known
    }

    const lines = new Map<PersonId, Turns>()
    this.#lines.set(head, lines)
    const admits = admitsOf(invite)

    for (const admit of [...admits].sort(byTurn)) {
      if (isInLine(admit)) {
        this.turnsOf(admit).add(admit)
      }
    }

    if (admits.length <= FEW_ADMITS) {
      this.#brief.add(head)
    }

    return lines
  }
}
