/** How a node forgets a party, or all of them: from a durable mark on it is gone, and what is still in the store goes then or at the next start. */
import { PartyForgottenError, StillMemberError } from '../errors.js'
import { keyOf } from '../log/terms.js'
import { writeBatch } from '../storage/records.js'
import { ALL, putMark } from './marks.js'
import type { Admission } from '../admission/index.js'
import type { ForgetOptions, PartiesComponents } from '../interface/index.js'
import type { Key, MembershipLog, OpId } from '../log/index.js'
import type { LocalParty } from './party.js'
import type { Mark, Marks } from './marks.js'
import type { MemberNetwork } from './member-network.js'
import type { PartyTable } from './party-table.js'
import type { Profiles } from './profiles.js'
import type { AbortOptions, Logger } from '@libp2p/interface'

/** How long members who are connected have to hear of a LEAVE before the party is forgotten, ms. */
const FAREWELL = 3_000

const NOTHING: Marks = { begun: new Set(), awaited: new Set(), forgotten: new Set(), forgetting: new Set() }

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

  /** At a start: goes on with a reset. @returns What is marked still @throws {StorageError} */
  async begin (marks: Marks): Promise<Marks> {
    const { components: { datastore }, profiles } = this.#init

    if (marks.forgetting.has(ALL)) {
      const { wipeAll } = await import('./forgetting.js')
      await wipeAll(datastore)
      profiles.clear()
      this.#unfinished.clear()

      return NOTHING
    }

    marks.forgetting.forEach((key) => { this.#unfinished.add(key) })

    return marks
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
    await this.#mark(ALL, ['forgetting'], options)
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
    const { network, hasSiblings } = this.#init
    const { key } = party

    if (!party.isForgotten) {
      if (party.role != null && !insist) {
        throw new StillMemberError()
      }

      // who is connected hears that this node left, before its streams end
      await network.sync.delivered(key, FAREWELL, { signal })
      await this.#mark(key, party.role != null && hasSiblings() ? ['forgetting', 'forgotten'] : ['forgetting'], { signal })
      this.#unfinished.add(key)
      await this.letGo(party)
    }

    if (this.#unfinished.has(key)) {
      await this.#finish(key, party.log)
    }
  }

  /** From here on a party, or all, is forgotten. @throws {StorageError} Nothing is changed. */
  async #mark (party: OpId, marks: Mark[], options?: AbortOptions): Promise<void> {
    await writeBatch(this.#init.components.datastore, (batch) => { marks.forEach((mark) => { putMark(batch, mark, party) }) }, { ...options, sync: true })
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
