/** What this side sends: in answer to a Pull, and as news; and what of it the other side acknowledged. Pure. */
import { WINDOW } from './constants.js'
import { Outgoing } from './flow.js'
import { News } from './news.js'
import type { Pull } from './frames.js'
import type { Item } from './sets.js'

export class Sender {
  readonly #news = new News()
  /** The Pull that is answered. */
  #serving: Outgoing | undefined
  /** The newest Pull whose last items were handed over. */
  #served = 0
  #acknowledged = 0

  /** Is a Pull answered? */
  get isServing (): boolean { return this.#serving != null }

  /** Bytes that the other side has not acknowledged. */
  get inFlight (): number { return (this.#serving?.inFlight ?? 0) + this.#news.inFlight }

  /** Bytes that it acknowledged. */
  get acknowledged (): number { return this.#acknowledged }

  /** Is there more news than was told? */
  get isBehind (): boolean { return this.#news.isBehind }

  /** What is sent next, of a Pull or as news; it stays until `sent`. */
  next (mayTell: boolean): Outgoing | undefined {
    return this.#serving ?? (mayTell ? this.#news.next() : undefined)
  }

  /**
   * Items were handed over.
   *
   * @param last - And there are no more of this Pull
   * @returns Are these the last of the Pull that is answered?
   */
  sent (outgoing: Outgoing, bytes: number, last: boolean): boolean {
    const isServed = outgoing.pull !== 0 && last && outgoing === this.#serving

    if (outgoing.pull === 0) {
      this.#news.sent(bytes)
    } else if (isServed) {
      this.#served = outgoing.pull
    }

    return isServed
  }

  /** New items here. @param isFree - Else they come from another stream's Pull, and the other side may have them from there, too */
  tell (set: number, items: Item[], isFree: boolean): void {
    if (this.#serving?.set === set && this.#served !== this.#serving.pull) {
      this.#serving.append(items)
    } else if (isFree) {
      this.#news.add(set, items)
    } else {
      this.#news.skip(set)
    }
  }

  /** These go out in answer to a Pull, and not as news. */
  answer ({ pull, set, window }: Pull, items: Item[]): void {
    this.#news.covers(set, items)
    this.#serving = new Outgoing(pull, set, items, Math.min(window, WINDOW))
  }

  /** @throws {ProtocolError} More was acknowledged than was sent. */
  ack (pull: number, bytes: number): void {
    this.#acknowledged += bytes

    if (pull === 0) {
      this.#news.ack(bytes)
    } else if (pull === this.#serving?.pull) {
      this.#serving.ack(bytes)
    }
  }

  /** A Pull of which all is acknowledged is over. */
  settle (): void {
    if (this.#serving != null && this.#served === this.#serving.pull && this.#serving.inFlight === 0) {
      this.#serving = undefined
    }
  }

  /** Sets to be compared, now that all that was told is stored; they are told of once. */
  behind (mayCompare: (set: number) => boolean): number[] {
    return this.#news.behind(mayCompare)
  }

  /** Nothing more is sent of what waits. */
  stop (): void {
    this.#serving = undefined
    this.#news.clear()
  }
}
