/** A party at its rendezvous: members publish where they are under names that only members can compute, and look there when they know nobody else. */
import { timeout } from '../../async/clock.js'
import { Backoff } from './backoff.js'
import { LOOK } from './constants.js'
import type { Clock } from '../../async/clock.js'
import type { OpId } from '../../log/index.js'
import type { Publication, Rendezvous } from '../../rendezvous/interface.js'
import type { Logger, PeerInfo } from '@libp2p/interface'

/** How long a point may take to forget this node, ms: else its registration lapses. */
const WITHDRAWAL = 2_000

/** Whom one search takes, at most. */
const MAX_FOUND = 32

export interface BeaconsInit {
  rendezvous: readonly Rendezvous[]
  clock: Clock
  random: () => number
  log: Logger
  /** A party is published, or could not be and is to be tried again. */
  onChange: (party: OpId, isLit: boolean) => void
}

interface Lit {
  name: string
  publication: Promise<Publication>
}

export class Beacons {
  readonly #init: BeaconsInit
  readonly #again: Backoff
  /** By party, then by name and rendezvous. */
  readonly #lit = new Map<OpId, Map<string, Lit>>()

  constructor (init: BeaconsInit) {
    this.#init = init
    this.#again = new Backoff(init.random, LOOK)
  }

  /**
   * Publishes a party wherever it is not published yet, and withdraws it where it has other names now.
   *
   * @param now - By `clock.elapsed()`, ms @returns When to try again, in the same way
   */
  light (party: OpId, names: readonly string[], now: number, signal: AbortSignal): number | undefined {
    const lit = this.#lit.get(party) ?? new Map<string, Lit>()
    this.#lit.set(party, lit)

    for (const [place, { name, publication }] of lit) {
      if (!names.includes(name)) {
        lit.delete(place)
        this.#withdraw(publication).catch(() => { /* it lapses */ })
      }
    }

    const dark = names.flatMap(name => this.#init.rendezvous.map((rendezvous, i) => ({ name, rendezvous, place: `${i} ${name}` })))
      .filter(({ place }) => !lit.has(place))
    const at = this.#again.readyAt(party, now)

    if (dark.length === 0 || at != null) {
      return dark.length === 0 ? undefined : at
    }

    for (const { name, rendezvous, place } of dark) {
      const publication = rendezvous.publish(name, { signal })
      const here = { name, publication }
      lit.set(place, here)
      publication.then(() => { this.#init.onChange(party, true) }, (err: unknown) => {
        this.#init.log('a party is not at its %s yet - %e', rendezvous.name, err)

        if (lit.get(place) === here) {
          lit.delete(place)
        }

        this.#again.failed(party, this.#init.clock.elapsed())
        this.#init.onChange(party, false)
      })
    }

    return undefined
  }

  /** A rendezvous may be there that was not. */
  retry (): void {
    this.#again.clear()
  }

  /** Withdraws a party. */
  async douse (party: OpId): Promise<void> {
    const lit = this.#lit.get(party)
    this.#lit.delete(party)
    await Promise.all([...lit?.values() ?? []].map(async ({ publication }) => this.#withdraw(publication)))
  }

  async #withdraw (publication: Promise<Publication>): Promise<void> {
    await publication.then(async lit => lit.stop({ signal: timeout(this.#init.clock, WITHDRAWAL) }), () => { /* it was not published */ })
  }

  /** Who says that it is a member, under any of these names: each has to prove it. */
  async * find (names: readonly string[], signal: AbortSignal): AsyncGenerator<PeerInfo> {
    const found = new Set<string>()

    for (const name of names) {
      for (const rendezvous of this.#init.rendezvous) {
        try {
          for await (const peer of rendezvous.find(name, { signal })) {
            const id = peer.id.toString()

            if (!found.has(id)) {
              found.add(id)
              yield peer
            }

            if (found.size >= MAX_FOUND) {
              return
            }
          }
        } catch (err) {
          signal.throwIfAborted()
          this.#init.log('nobody could be asked at a %s - %e', rendezvous.name, err)
        }
      }
    }
  }
}
