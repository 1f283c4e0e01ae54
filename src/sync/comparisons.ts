/** Where the two sides differ: the comparison of each set, begun here or there. */
import { ProtocolError } from '../errors.js'
import { Comparison } from './compare.js'
import { MAX_UNSENT, OPS } from './constants.js'
import { RefusalCode, SyncRefusedError } from './refusal.js'
import type { Summary, Wanted } from './compare.js'
import type { Frame } from './frames.js'
import type { SyncSet } from './sets.js'

export interface ComparisonsInit {
  sets: SyncSet[]
  /** Both salts, the dialler's first. */
  salt: Uint8Array
  /** Did this side answer the stream? */
  listener: boolean
  /** How many ops are here. */
  size: () => number
}

export class Comparisons {
  readonly #init: ComparisonsInit
  readonly #out: Frame[]
  readonly #sets: Map<number, { set: SyncSet, comparison: Comparison }>
  /** Sets that the other side is about to compare. */
  readonly #expected = new Set<number>()
  /** Ops here when a comparison of them began. */
  #comparedAt = -1

  /** @param out - Where frames are put */
  constructor (init: ComparisonsInit, out: Frame[]) {
    this.#init = init
    this.#out = out
    this.#sets = new Map(init.sets.map(set => [set.number, { set, comparison: new Comparison(set, init.salt, init.listener) }]))
  }

  set (number: number): SyncSet | undefined {
    return this.#sets.get(number)?.set
  }

  /** Is any set being compared? */
  get active (): boolean {
    return [...this.#sets.values()].some(({ comparison }) => comparison.active)
  }

  /** Is any being compared, or about to be? */
  get pending (): boolean {
    return this.#expected.size > 0 || this.active
  }

  /** Is this set here, and not being compared? */
  isFree (number: number): boolean {
    return this.#sets.get(number)?.comparison.active === false
  }

  /** Did ops come since they were compared? */
  get isStale (): boolean {
    return this.#init.size() > this.#comparedAt
  }

  /** These sets differ, by the Hellos: the listener begins to compare them. */
  begin (sets: number[]): void {
    for (const set of sets.filter(set => this.#sets.has(set))) {
      if (this.#init.listener) {
        this.compare(set)
      } else {
        this.#expected.add(set)
      }
    }
  }

  compare (number: number): void {
    const known = this.#sets.get(number)

    if (known?.comparison.active === false) {
      this.#comparedAt = number === OPS ? this.#init.size() : this.#comparedAt
      this.#out.push({ kind: 'summary', set: number, summary: known.comparison.start() })
    }
  }

  /**
   * @returns What this side lacks, where that is known now
   * @throws {ProtocolError} There is no such set.
   * @throws {SyncRefusedError} More came than is answered while nothing is taken.
   */
  receive (number: number, summary: Summary): Wanted | undefined {
    const known = this.#sets.get(number)

    if (known == null) {
      throw new ProtocolError('There is no such set')
    }

    this.#expected.delete(number)

    if (summary.start === true && number === OPS) {
      this.#comparedAt = this.#init.size()
    }

    if (this.#out.filter(frame => frame.kind === 'summary' && frame.set === number).length >= MAX_UNSENT) {
      throw new SyncRefusedError({ code: RefusalCode.LIMIT })
    }

    const { reply, wanted } = known.comparison.receive(summary)

    if (reply != null) {
      this.#out.push({ kind: 'summary', set: number, summary: reply })
    }

    return wanted
  }

  stop (): void {
    this.#expected.clear()
  }
}
