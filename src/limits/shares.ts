/** Places that strangers share: who gives one up when all are taken. */

export interface Holder {
  /** A PeerId as text: free to make anew. */
  peer: string
  /** `originOf` its connection: not free. */
  origin: string
}

/** Those who hold a place, oldest first. Adding and taking away is constant; finding who yields reads all once. */
export class Shares<T extends Holder> {
  readonly #all = new Set<T>()
  readonly #peers = new Map<string, number>()
  readonly #origins = new Map<string, number>()

  get size (): number { return this.#all.size }

  [Symbol.iterator] (): Iterator<T> {
    return this.#all.values()
  }

  has (holder: T): boolean {
    return this.#all.has(holder)
  }

  ofPeer (peer: string): number {
    return this.#peers.get(peer) ?? 0
  }

  ofOrigin (origin: string): number {
    return this.#origins.get(origin) ?? 0
  }

  add (holder: T): void {
    if (!this.#all.has(holder)) {
      this.#all.add(holder)
      count(this.#peers, holder.peer, 1)
      count(this.#origins, holder.origin, 1)
    }
  }

  delete (holder: T): boolean {
    if (!this.#all.delete(holder)) {
      return false
    }

    count(this.#peers, holder.peer, -1)
    count(this.#origins, holder.origin, -1)

    return true
  }

  clear (): void {
    this.#all.clear()
    this.#peers.clear()
    this.#origins.clear()
  }

  /**
   * Who gives up a place to a newcomer: of the origin that holds most the idle one,
   * else its greediest peer's, oldest first. An origin gives only to one that holds
   * less; whoever is not idle only to one that still holds less with the place. Within
   * the newcomer's own origin the same goes between peers.
   *
   * @param isIdle - Who is worth least: absent, or waiting for nothing
   * @returns undefined: nobody, and the newcomer goes away
   */
  yielding (newcomer: Holder, isIdle: (holder: T) => boolean): T | undefined {
    const [peer, origin] = [this.ofPeer(newcomer.peer), this.ofOrigin(newcomer.origin)]

    return this.greediest(isIdle, (holder, idle) => holder.origin === newcomer.origin
      ? idle || this.ofPeer(holder.peer) > peer + 1
      : this.ofOrigin(holder.origin) + (idle ? 1 : 0) > origin + 1)
  }

  /** Of the origin that holds most the idle one, else its greediest peer's, oldest first; of those that yield alone. */
  greediest (isIdle: (holder: T) => boolean, yields: (holder: T, isIdle: boolean) => boolean = () => true): T | undefined {
    let chosen: T | undefined
    let best: number[] = []

    for (const holder of this.#all) {
      const idle = isIdle(holder)
      const weight = [this.ofOrigin(holder.origin), idle ? 1 : 0, this.ofPeer(holder.peer)]

      if (yields(holder, idle) && (chosen == null || isAbove(weight, best))) {
        chosen = holder
        best = weight
      }
    }

    return chosen
  }
}

function isAbove (a: number[], b: number[]): boolean {
  const i = a.findIndex((value, i) => value !== b[i])

  return i !== -1 && (a[i] ?? 0) > (b[i] ?? 0)
}

function count (counts: Map<string, number>, key: string, change: 1 | -1): void {
  const now = (counts.get(key) ?? 0) + change

  if (now === 0) {
    counts.delete(key)
  } else {
    counts.set(key, now)
  }
}
