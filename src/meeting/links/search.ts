/** Where too few members' records are known: members are asked for more, or members are looked for at the party's rendezvous (docs/meeting.md). */
import { keyOf } from '../../log/terms.js'
import { Backoff } from './backoff.js'
import { Beacons } from './beacons.js'
import { ENOUGH, LOOK, TARGET_LINKS } from './constants.js'
import { Wanted } from './frames.js'
import type { Acquaintances } from './acquaintances.js'
import type { Dials } from './dials.js'
import type { Exchange } from './exchange.js'
import type { Meetable, MeetingComponents, MeetingInit } from './interface.js'
import type { Plan, Policy } from './policy.js'
import type { PeerRecords } from './records.js'
import type { Key, OpId } from '../../log/index.js'
import type { Logger } from '@libp2p/interface'

export interface SearchInit extends Required<Pick<MeetingInit, 'clock' | 'random' | 'rendezvous'>>, Pick<MeetingComponents, 'peerStore'> {
  log: Logger
  records: PeerRecords
  acquaintances: Acquaintances
  policy: Policy
  exchange: Exchange
  dials: Dials
  /** Takes what goes on meanwhile, and says what failed of it. */
  background: (work: Promise<void>) => void
  /** More is known, or somebody else is connected. */
  onChange: () => void
}

export class Search {
  readonly #init: SearchInit
  /** When members are asked for more records, by party. */
  readonly #looks: Backoff
  readonly #beacons: Beacons

  constructor (init: SearchInit) {
    const { rendezvous, clock, random, log } = init
    this.#init = init
    this.#looks = new Backoff(random, LOOK)
    this.#beacons = new Beacons({ rendezvous, clock, random, log, onChange: (party, isLit) => {
      if (isLit) {
        // who looks after it is there finds all who were before
        this.#looks.succeeded(party)
      }

      init.onChange()
    } })
  }

  /** Asks for more records where too few are known. @returns When the next one is asked, by `clock.elapsed()`, ms */
  around (parties: Iterable<Meetable>, { lacking }: Plan, now: number, signal: AbortSignal): number | undefined {
    const { policy, acquaintances, random, background } = this.#init
    let next: number | undefined

    for (const party of parties) {
      // alone in it: nobody looks for this node
      next = party.size > 1 ? earliest(next, this.#beacons.light(party.key, party.names, now, signal)) : next
      const links = [...policy.linksOf(party.key)]
      const key = links[Math.floor(random() * links.length)]
      const isShort = lacking.includes(party.key) || acquaintances.countOf(party) < Math.min(party.size - 1, ENOUGH)

      if (isShort) {
        const at = this.#looks.readyAt(party.key, now)

        if (at == null) {
          this.#looks.failed(party.key, now)
          background(key == null ? this.#find(party, signal) : this.#ask(party, key, signal))
        }

        next = earliest(next, this.#looks.readyAt(party.key, now) ?? now + 1)
      }
    }

    return next
  }

  /** Looks for this party's members anew, without waiting until it is their turn. */
  again (party: OpId): void {
    this.#looks.succeeded(party)
  }

  /** Waits for nothing any more: a rendezvous may answer now. */
  retry (): void {
    this.#looks.clear()
    this.#beacons.retry()
  }

  /** Nobody finds this node by this party any more. */
  async end (party: OpId): Promise<void> {
    await this.#beacons.douse(party)
  }

  async #ask (party: Meetable, key: Key, signal: AbortSignal): Promise<void> {
    const { dials, records, exchange, onChange } = this.#init
    const connection = dials.connectionTo(key)

    if (connection != null) {
      const before = records.size.records
      await exchange.ask(connection, key, party, Wanted.NONE, { signal })

      if (records.size.records > before) {
        this.#looks.succeeded(party.key)
        onChange()
      }
    }
  }

  /** Dials those who are found at the party's rendezvous, and are members. */
  async #find (party: Meetable, signal: AbortSignal): Promise<void> {
    const { policy, dials, peerStore, log, onChange } = this.#init

    for await (const { id, multiaddrs } of this.#beacons.find(party.names, signal)) {
      const key = id.type === 'Ed25519' ? keyOf(id) : party.self

      if (policy.linksOf(party.key).size >= TARGET_LINKS) {
        return
      }

      if (key !== party.self && party.kinOf(key) != null) {
        await peerStore.merge(id, { multiaddrs })
        await dials.dial(key, { signal }).catch((err: unknown) => { log('could not dial %p - %e', id, err) })
        dials.letGo(key)
        onChange()
      }
    }
  }
}

function earliest (one: number | undefined, other: number | undefined): number | undefined {
  return one == null || other == null ? one ?? other : Math.min(one, other)
}
