/** What is new here and is told as it comes, while a window is free. Pure. */
import { ProtocolError } from '../errors.js'
import { NEWS_WINDOW } from './constants.js'
import { Outgoing, weigh } from './flow.js'
import { nameOf } from './sets.js'
import type { Item } from './sets.js'

export class News {
  readonly #bySet = new Map<number, Outgoing>()
  /** Sets of which more is new than was told: they are compared. */
  readonly #behind = new Set<number>()
  #inFlight = 0
  #queued = 0

  /** Is there more than was told? */
  get isBehind (): boolean { return this.#behind.size > 0 }

  get inFlight (): number { return this.#inFlight }

  /** @param items - Forgotten, and found by a comparison, where they are too many to wait */
  add (set: number, items: Item[]): void {
    const bytes = items.reduce((sum, item) => sum + weigh(item), 0)

    if (this.#behind.has(set)) {
      return
    }

    if (this.#queued + this.#inFlight + bytes > NEWS_WINDOW) {
      this.skip(set)
    } else {
      this.#outgoing(set).append(items)
      this.#count()
    }
  }

  /** More is new than is told. */
  skip (set: number): void {
    this.#outgoing(set).drop()
    this.#behind.add(set)
    this.#count()
  }

  /** These go out in answer to a Pull. */
  covers (set: number, items: Item[]): void {
    if (this.#bySet.has(set)) {
      const names = new Set(items.map(nameOf))
      this.#outgoing(set).drop(item => names.has(nameOf(item)))
      this.#count()
    }
  }

  next (): Outgoing | undefined {
    return this.#inFlight < NEWS_WINDOW
      ? [...this.#bySet.values()].sort((a, b) => a.set - b.set).find(outgoing => outgoing.waiting > 0)
      : undefined
  }

  /** Something was handed over. */
  sent (bytes: number): void {
    this.#inFlight += bytes
    this.#count()
  }

  /** @throws {ProtocolError} More was acknowledged than was sent. */
  ack (bytes: number): void {
    this.#inFlight -= bytes

    if (this.#inFlight < 0) {
      throw new ProtocolError('More was acknowledged than was sent')
    }
  }

  /** Sets to be compared, now that all that was told is stored; they are told of once. */
  behind (mayCompare: (set: number) => boolean): number[] {
    const sets = this.#inFlight === 0 ? [...this.#behind].filter(mayCompare) : []
    sets.forEach(set => { this.#behind.delete(set) })

    return sets
  }

  clear (): void {
    this.#bySet.forEach(outgoing => { outgoing.drop() })
    this.#behind.clear()
    this.#count()
  }

  #outgoing (set: number): Outgoing {
    const outgoing = this.#bySet.get(set) ?? new Outgoing(0, set, [], Number.POSITIVE_INFINITY)
    this.#bySet.set(set, outgoing)

    return outgoing
  }

  #count (): void {
    this.#queued = [...this.#bySet.values()].reduce((sum, outgoing) => sum + outgoing.queued, 0)
  }
}
