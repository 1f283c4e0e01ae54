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
