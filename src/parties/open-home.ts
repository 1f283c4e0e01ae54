/** A home while this device has it open: its party, and the household that keeps its devices linked. Loaded with the first one. */
import { Household } from '../person/household.js'
import type { LocalParty } from './party.js'
import type { Clock } from '../async/clock.js'
import type { DamagedRecordError } from '../errors.js'
import type { PartiesComponents } from '../interface/index.js'
import type { Key, MembershipLog } from '../log/index.js'
import type { PartyShelf } from '../person/interface.js'
import type { LocalRecovery } from '../person/recovery.js'
import type { RecordSet } from '../sync/index.js'
import type { Logger } from '@libp2p/interface'

export interface OpenHomeInit {
  components: PartiesComponents
  clock: Clock
  log: Logger
  recovery: LocalRecovery
  shelf: PartyShelf
  /** Siblings keep a log and what is beside it together. @param isSibling - Where the log does not say yet who stands */
  keep: (log: MembershipLog, records: RecordSet[] | undefined, isSibling: (key: Key) => boolean) => Promise<void>
  /** Something that is shown of devices changed. */
  changed: () => void
  /** Aborts when the node stops. */
  running: () => AbortSignal
  damaged: (errors: readonly DamagedRecordError[]) => void
}

export class OpenHome {
  readonly party: LocalParty
  readonly #init: OpenHomeInit
  #household: Household | undefined
  /** Aborts when another home takes the place of this one. */
  #current = new AbortController()

  constructor (party: LocalParty, init: OpenHomeInit) {
    this.party = party
    this.#init = init
  }

  /** Once what devices told each other is read. */
  get household (): Household | undefined { return this.#household }

  /** Siblings keep it together from now on. @throws {StorageError} */
  async begin (): Promise<Household> {
    const { components: { datastore, privateKey, connectionManager }, clock, log, recovery, shelf, changed, running, keep, damaged } = this.#init
    this.#current = new AbortController()
    const signal = AbortSignal.any([running(), this.#current.signal])
    const household = new Household(this.party.log, { datastore, privateKey, connectionManager, clock, recovery, log, shelf, signal, changed })
    damaged(await household.load())
    await keep(this.party.log, [household.records], key => !household.home.synced && household.home.keysOf(household.seat).includes(key))
    this.#household = household

    return household
  }

  /** The node starts again: what devices told each other is read anew. */
  reset (): void {
    this.#household = undefined
  }

  /** Nothing follows its devices any more. */
  abort (): void {
    this.#current.abort()
  }

  /** The same; what was being written is written when it resolves. */
  async end (): Promise<void> {
    this.abort()
    await this.#household?.links.idle()
    this.#household = undefined
  }
}
