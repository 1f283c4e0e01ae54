/** Parties of siblings that this device waits to be linked into: their logs are here, in no list, and say nothing of this device yet. Loaded with the first one. */
import { forgetLog } from '../log/forget.js'
import { MembershipLog } from '../log/log.js'
import { opIdOf } from '../log/op.js'
import { writeBatch } from '../storage/records.js'
import { deleteMark, putMark } from './marks.js'
import type { PartiesComponents } from '../interface/index.js'
import type { OpId, SignedOp } from '../log/index.js'
import type { Fill } from '../storage/records.js'
import type { Logger } from '@libp2p/interface'

export interface AwaitedPartiesInit {
  components: PartiesComponents
  log: Logger
  /** Is it one of the node's parties by now? */
  isListed: (party: OpId) => boolean
  /** Is the party brought by the words: by a call that is under way (`now`), or by one that broke off? */
  recovering: (party: OpId) => 'now' | 'begun' | undefined
  /** The log that a recovery which broke off has begun: whoever takes it goes on with it. @throws {StorageError} */
  begun: (party: OpId) => Promise<MembershipLog | undefined>
  /** Siblings keep its log together. */
  keep: (log: MembershipLog) => Promise<void>
  /** Nobody does any more. */
  leave: (party: OpId) => Promise<void>
  /** This device stands there: it is one of the node's parties. */
  list: (log: MembershipLog) => Promise<void>
  /** Aborts when the node stops. */
  running: () => AbortSignal
}

export class AwaitedParties {
  readonly #init: AwaitedPartiesInit
  readonly #awaited = new Map<OpId, MembershipLog>()
  /** Parties in which this device stands, and which are not listed yet: neither to be begun again nor to be forgotten. */
  readonly #arriving = new Set<OpId>()
  /** Logs that are being begun, or listed: nobody else opens them meanwhile. */
  readonly #pending = new Map<OpId, Promise<void>>()
  /** Of the awaited, those that the words bring. */
  readonly #taken = new Set<OpId>()

  constructor (init: AwaitedPartiesInit) {
    this.#init = init
  }

  /** Those that siblings bring. */
  get keys (): OpId[] { return [...this.#awaited.keys(), ...this.#arriving].filter(party => !this.#taken.has(party)) }

  /** Is this log, just opened and marked, one of them still? @throws {StorageError} */
  async takes (log: MembershipLog): Promise<boolean> {
    if (log.personsOf(log.self).length > 0) {
      await this.#unmark(log.key)

      return false
    }

    await this.#wait(log)

    return true
  }

  /** Begins the log of a sibling's party. @throws {ProtocolError} @throws {StorageError} */
  async begin (genesis: SignedOp): Promise<void> {
    const party = opIdOf(genesis.body)
    const recovering = this.#init.recovering(party)

    // it came meanwhile
    if (this.#pending.has(party) || this.#awaited.has(party) || this.#arriving.has(party) || recovering === 'now' || this.#init.isListed(party)) {
      return
    }

    await this.#during(party, this.#begin(party, genesis, recovering === 'begun'))
  }

  /** Whoever takes a log from here lists it, once this device stands there. */
  async take (party: OpId): Promise<MembershipLog | undefined> {
    await this.#pending.get(party)?.catch(() => { /* then there is none */ })
    const log = this.#awaited.get(party)

    if (log != null) {
      this.#taken.add(party)
    }

    return log
  }

  /** The words bring nothing any more: what they did not bring is awaited as before. */
  recovered (): void {
    this.#taken.clear()
  }

  /** These are the node's parties now. */
  listed (parties: Iterable<{ key: OpId }>): void {
    for (const { key } of parties) {
      this.#arriving.delete(key)
    }
  }

  /** No sibling is in it any more. @throws {StorageError} */
  async forget (party: OpId): Promise<void> {
    const log = this.#awaited.get(party)

    // it came meanwhile
    if (log == null) {
      return
    }

    this.#awaited.delete(party)
    await this.#init.leave(party)
    await log.close()
    await forgetLog(this.#init.components.datastore, party, (batch) => { deleteMark(batch, 'awaited', party) })
  }

  /** The store is to be wiped: what is open of them ends. */
  async letGo (): Promise<void> {
    for (const { key } of this.#awaited.values()) {
      await this.#init.leave(key)
    }

    await this.stop()
  }

  /** What was being written is written when it resolves. */
  async stop (): Promise<void> {
    await Promise.all([...this.#awaited.values()].map(async log => log.close()))
    this.#awaited.clear()
    this.#arriving.clear()
    this.#taken.clear()
  }

  /** @param isBegun - A recovery has begun it, and broke off */
  async #begin (party: OpId, genesis: SignedOp, isBegun: boolean): Promise<void> {
    const { components, begun } = this.#init
    const known = isBegun ? await begun(party) : undefined
    // one without either mark is a party of this node
    const mark: Fill = (batch) => {
      putMark(batch, 'awaited', party)
      deleteMark(batch, 'begun', party)
    }
    const before: Fill = (batch) => {
      if (isBegun) {
        deleteMark(batch, 'awaited', party)
        putMark(batch, 'begun', party)
      }
    }
    await (known == null ? undefined : writeBatch(components.datastore, mark, { before }))
    await this.#wait(known ?? await MembershipLog.begin(components, genesis, { with: mark, before }))
  }

  async #during (party: OpId, work: Promise<void>): Promise<void> {
    this.#pending.set(party, work)

    try {
      await work
    } finally {
      this.#pending.delete(party)
    }
  }

  /** Until the log says that this device stands. */
  async #wait (log: MembershipLog): Promise<void> {
    this.#awaited.set(log.key, log)
    log.addEventListener('members', () => {
      if (log.member(log.self) == null || !this.#awaited.delete(log.key)) {
        return
      }

      this.#arriving.add(log.key)

      if (!this.#taken.has(log.key)) {
        this.#during(log.key, this.#arrive(log)).catch((err: unknown) => { this.#init.log.error('a party that this device was linked into is not listed before the next start - %e', err) })
      }
    }, { signal: this.#init.running() })

    try {
      await this.#init.keep(log)
    } catch (err) {
      // nobody brings it anything: it is begun anew the next time
      this.#awaited.delete(log.key)
      await log.close()
      throw err
    }
  }

  async #arrive (log: MembershipLog): Promise<void> {
    await this.#init.list(log)
    await this.#unmark(log.key)
  }

  async #unmark (party: OpId): Promise<void> {
    await writeBatch(this.#init.components.datastore, (batch) => { deleteMark(batch, 'awaited', party) }, { before: (batch) => { putMark(batch, 'awaited', party) } })
  }
}
