/** How a node forgets a party, or all of them: from a durable mark on it is gone, and what is still in the store goes then or at the next start. */
import { PartyForgottenError, StillMemberError } from '../errors.js'
import { keyOf } from '../log/terms.js'
import { ALL, mark, marksIn } from './marks.js'
import type { Admission } from '../admission/index.js'
import type { ForgetOptions, PartiesComponents } from '../interface/index.js'
import type { Key, MembershipLog, OpId } from '../log/index.js'
import type { LocalParty } from './party.js'
import type { MemberNetwork } from './member-network.js'
import type { PartyTable } from './party-table.js'
import type { Profiles } from './profiles.js'
import type { AbortOptions, Logger } from '@libp2p/interface'

/** How long members who are connected have to hear of a LEAVE before the party is forgotten, ms. */
const FAREWELL = 3_000

export interface ForgetterInit {
  components: Pick<PartiesComponents, 'datastore' | 'privateKey'>
  admission: Admission
  network: MemberNetwork
  profiles: Profiles
  /** The node's parties: those that are forgotten go from there. */
  parties: Pick<PartyTable, 'logs' | 'delete'>
  /** Has this node's person other devices, which would bring a party back? */
  hasSiblings: () => boolean
  onForgotten: (party: LocalParty) => void
  log: Logger
}

export class Forgetter {
  readonly #init: ForgetterInit
  /** Of which something may still be in the store. */
  readonly #unfinished = new Set<OpId>()
  /** Those that are just being forgotten. */
  readonly #going = new Map<OpId, Promise<void>>()

  constructor (init: ForgetterInit) {
    this.#init = init
  }

  /** At a start: goes on with a reset. @returns Keys of logs that are none of this node's any more @throws {StorageError} */
  async begin (): Promise<ReadonlySet<OpId>> {
    const { components: { datastore }, profiles } = this.#init
    const marks = await marksIn(datastore)

    if (marks.includes(ALL)) {
      const { wipeAll } = await import('./forgetting.js')
      await wipeAll(datastore)
      profiles.clear()
      this.#unfinished.clear()

      return new Set()
    }

    marks.forEach((key) => { this.#unfinished.add(key) })

    return new Set(marks)
  }

  /** The same of single parties, once the others are here, which say whose profiles are still needed. */
  async goOn (): Promise<void> {
    for (const key of this.#unfinished) {
      // the rest goes on all the same, and the next start tries again
      await this.#finish(key).catch(err => { this.#init.log.error('a party that was forgotten is still in the store - %e', err) })
    }
  }

  /** From here on all is forgotten: `begin` wipes it. @throws {StorageError} Nothing is changed. */
  async markAll (options?: AbortOptions): Promise<void> {
    await mark(this.#init.components.datastore, ALL, options)
  }

  /** @throws as `Party.forget` */
  async forget (party: LocalParty, options: ForgetOptions): Promise<void> {
    const { key } = party
    const going = this.#going.get(key) ?? this.#forget(party, options).finally(() => { this.#going.delete(key) })
    this.#going.set(key, going)
    await going
  }

  /** Who joins a party again waits: what is left of the old one must not take the new one along. @throws {StorageError} */
  async settled (key: OpId): Promise<void> {
    await this.#going.get(key)?.catch(() => {})
    await (this.#unfinished.has(key) ? this.#finish(key) : undefined)
  }

  /** It is none of this node's from here on: what is open of it ends, and nothing is written of it. */
  async letGo (party: LocalParty): Promise<void> {
    const { parties, admission, network, onForgotten } = this.#init
    parties.delete(party)
    await party.forgotten()
    await admission.forget(party, new PartyForgottenError())
    await network.forget(party.key)
    onForgotten(party)
  }

  async #forget (party: LocalParty, { insist = false, signal }: ForgetOptions): Promise<void> {
    const { components: { datastore }, network } = this.#init
    const { key } = party

    if (!party.isForgotten) {
      if (party.role != null && !insist) {
        throw new StillMemberError()
      }

      // who is connected hears that this node left, before its streams end
      await network.sync.delivered(key, FAREWELL, { signal })
      const { putForgotten } = await import('./forgetting.js')
      await mark(datastore, key, { signal }, party.role != null && this.#init.hasSiblings() ? (batch) => { putForgotten(batch, key) } : undefined)
      this.#unfinished.add(key)
      await this.letGo(party)
    }

    if (this.#unfinished.has(key)) {
      await this.#finish(key, party.log)
    }
  }

  /** Deletes what is left of it. @throws {StorageError} */
  async #finish (key: OpId, log?: MembershipLog): Promise<void> {
    const { components: { datastore, privateKey }, profiles, parties } = this.#init
    const { wipeParty } = await import('./forgetting.js')
    const isNeeded = (other: Key): boolean => other === keyOf(privateKey) || parties.logs.some(log => log.personsOf(other).length > 0)
    await wipeParty({ datastore, privateKey, profiles, isNeeded }, key, log)
    this.#unfinished.delete(key)
  }
}
