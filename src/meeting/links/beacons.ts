/** A party at its rendezvous: members publish where they are under a name that only members can compute, and look there when they know nobody else. */
import { base32nopad } from '@scure/base'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { timeout } from '../../clock.js'
import { Backoff } from './backoff.js'
import { LOOK } from './constants.js'
import type { Clock } from '../../clock.js'
import type { OpId } from '../../log/index.js'
import type { Publication, Rendezvous } from '../../rendezvous/interface.js'
import type { Logger, PeerInfo } from '@libp2p/interface'

/** What HKDF is told of what the name is for. */
const LABEL = 'plus-one/meet/1'

/** Bytes of a name. */
const LENGTH = 16

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

/** Where a party's members are found; computed from its id, which outsiders do not know. */
export function beaconOf (party: OpId): string {
  return `plus-one/party/1/${base32nopad.encode(hkdf(sha256, hexToBytes(party), undefined, utf8ToBytes(LABEL), LENGTH)).toLowerCase()}`
}

export class Beacons {
  readonly #init: BeaconsInit
  readonly #again: Backoff
  /** By party, then by rendezvous. */
  readonly #lit = new Map<OpId, Map<Rendezvous, Promise<Publication>>>()

  constructor (init: BeaconsInit) {
    this.#init = init
    this.#again = new Backoff(init.random, LOOK)
  }

  /** Publishes a party wherever it is not published yet. @returns When to try again, ms since 1970 */
  light (party: OpId, now: number, signal: AbortSignal): number | undefined {
    const lit = this.#lit.get(party) ?? new Map<Rendezvous, Promise<Publication>>()
    this.#lit.set(party, lit)
    const dark = this.#init.rendezvous.filter(rendezvous => !lit.has(rendezvous))
    const at = this.#again.readyAt(party, now)

    if (dark.length === 0 || at != null) {
      return dark.length === 0 ? undefined : at
    }

    for (const rendezvous of dark) {
      const publication = rendezvous.publish(beaconOf(party), { signal })
      lit.set(rendezvous, publication)
      publication.then(() => { this.#init.onChange(party, true) }, (err: unknown) => {
        this.#init.log('a party is not at its %s yet - %e', rendezvous.name, err)
        lit.delete(rendezvous)
        this.#again.failed(party, this.#init.clock.now())
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
    await Promise.all([...lit?.values() ?? []].map(async publication => publication.then(async lit => lit.stop({ signal: timeout(this.#init.clock, WITHDRAWAL) }), () => { /* it was not published */ })))
  }

  /** Who says that it is a member: each has to prove it. */
  async * find (party: OpId, signal: AbortSignal): AsyncGenerator<PeerInfo> {
    let found = 0

    for (const rendezvous of this.#init.rendezvous) {
      try {
        for await (const peer of rendezvous.find(beaconOf(party), { signal })) {
          yield peer

          if (++found >= MAX_FOUND) {
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
