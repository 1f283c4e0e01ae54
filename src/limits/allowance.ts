/** What strangers may take without it coming to anything: shared fairly, and back after a while. */
import type { Clock } from '../async/clock.js'
import type { Holder } from './shares.js'

export interface AllowanceInit {
  /** What one key may take: keys cost nothing, so this keeps nobody out but the careless. */
  ofPeer: number
  /** How long after one last took something it has all of it again, ms. */
  window: number
}

interface Taken {
  origin: string
  count: number
  /** By `clock.elapsed()`. */
  last: number
}

export class Allowance {
  readonly #clock: Pick<Clock, 'elapsed'>
  readonly #init: AllowanceInit
  /** By key, who took something longest ago first. */
  readonly #peers = new Map<string, Taken>()
  readonly #origins = new Map<string, number>()
  #total = 0

  constructor (clock: Pick<Clock, 'elapsed'>, init: AllowanceInit) {
    this.#clock = clock
    this.#init = init
  }

  /** Has one key had its share? */
  isSpent (peer: string): boolean {
    this.#forget()

    return (this.#peers.get(peer)?.count ?? 0) >= this.#init.ofPeer
  }

  /**
   * May this one take one more? An origin is left half of what others have not taken: so the next one always finds
   * something, and it takes as many addresses as `all` has bits to take all.
   *
   * @param all - What there is for all together
   */
  has ({ peer, origin }: Holder, all: number): boolean {
    const own = this.#origins.get(origin) ?? 0

    return !this.isSpent(peer) && own < Math.ceil((all - (this.#total - own)) / 2)
  }

  take ({ peer, origin }: Holder): void {
    const taken = this.#peers.get(peer) ?? { origin, count: 0, last: 0 }
    this.#peers.delete(peer)
    this.#peers.set(peer, { ...taken, count: taken.count + 1, last: this.#clock.elapsed() })
    this.#count(taken.origin, 1)
  }

  /** It came to something after all. */
  giveBack (peer: string): void {
    const taken = this.#peers.get(peer)

    if (taken != null) {
      taken.count--
      this.#count(taken.origin, -1)

      if (taken.count === 0) {
        this.#peers.delete(peer)
      }
    }
  }

  #forget (): void {
    for (const [peer, { origin, count, last }] of this.#peers) {
      if (this.#clock.elapsed() - last < this.#init.window) {
        break
      }

      this.#peers.delete(peer)
      this.#count(origin, -count)
    }
  }

  #count (origin: string, change: number): void {
    const now = (this.#origins.get(origin) ?? 0) + change
    this.#total += change

    if (now === 0) {
      this.#origins.delete(origin)
    } else {
      this.#origins.set(origin, now)
    }
  }
}
