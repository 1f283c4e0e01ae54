/** What is counted of one invitation, with its record: durable before it counts, one count after the other; and, by that and the log, what it came to. */
import { isSpent, ledger, spentOf } from '../invitation/index.js'
import { SerialQueue } from '../async/serial-queue.js'
import { encodeInvitation, invitationKey } from './records.js'
import { writeBatch } from '../storage/records.js'
import { statusOf } from './status.js'
import type { InvitationRecord } from './records.js'
import type { Ledger, Status } from '../invitation/index.js'
import type { Clock } from '../interface/index.js'
import type { MembershipLog } from '../log/index.js'
import type { AbortOptions } from '@libp2p/interface'
import type { Fill } from '../storage/records.js'
import type { Datastore } from 'interface-datastore'

/** Writes what `put` puts with something else, and what `before` puts should that fail. */
type Write<T> = (put: Fill, before: Fill) => Promise<T>

export interface CountsComponents {
  datastore: Datastore
  clock: Clock
}

export class Counts {
  readonly #components: CountsComponents
  readonly #log: MembershipLog
  readonly #queue = new SerialQueue()
  readonly #changed: () => void
  #record: InvitationRecord
  /** While something is written, its status until that is durable: the log shows its op before. */
  #before: Status | undefined
  /** Why nothing is counted or written any more. */
  #gone: Error | undefined

  /** @param changed - Called after each change */
  constructor (components: CountsComponents, log: MembershipLog, record: InvitationRecord, changed: () => void) {
    this.#components = components
    this.#log = log
    this.#record = record
    this.#changed = changed
  }

  get record (): InvitationRecord { return this.#record }
  /** What is counted here; the log may say more: see `status`. */
  get ledger (): Ledger { return this.#record.ledger }
  /** Has its time passed? */
  get isOver (): boolean { return ledger.isOver(this.ledger, this.#components.clock.now()) }
  /** What it came to; that its time has passed ends it once it is closed. */
  get status (): Status { return this.#gone == null ? this.#statusNow : this.#statusNow === 'pending' ? 'revoked' : this.#statusNow }
  get #statusNow (): Status { return this.#before ?? statusOf(this.#log, { invite: this.#log.invite(this.#record.id), isOver: false, counted: this.ledger }) }
  /** The same, as the error that ended it. */
  get end (): Error | undefined {
    const { status } = this

    return this.#gone ?? (status === 'pending' ? undefined : ledger.errorOf(status, this.#record.reason))
  }

  /** The party is none of this node's any more: nothing is written when it resolves, nor from then on. */
  async forget (error: Error): Promise<void> {
    this.#gone = error
    await this.add(async () => {})
  }

  /** Runs a count in its turn. */
  async add <T> (count: () => Promise<T>, options?: AbortOptions): Promise<T> {
    return this.#queue.add(count, options)
  }

  /** @throws what ended the invitation. */
  assertPending (): void {
    const { end } = this

    if (end != null) {
      throw end
    }

    ledger.assertPending(this.ledger, this.#components.clock.now())
  }

  /**
   * Takes one attempt, in its turn, and keeps the turn: all other counts wait.
   *
   * @returns Attempts left, and what gives the turn back
   */
  async spend (): Promise<{ result: number, release: () => void }> {
    return this.#queue.hold(async () => {
      this.assertPending()
      await this.write(ledger.spend(this.ledger, this.#components.clock.now()))

      return this.ledger.attemptsLeft
    })
  }

  /** The guess was wrong; that counts even where it cannot be written. */
  async wrong (): Promise<void> {
    // the spent attempt is durable, and none left reads as locked at the next start
    await this.#writeAnyway(ledger.wrong(this.ledger))
  }

  /** The guess was right, and a person has to approve. */
  async right (): Promise<void> {
    await this.write(ledger.right(this.ledger))
  }

  /**
   * The guess was right: writes the ADMIT with what it counts. Time that passed since
   * the guess was spent ends nothing.
   *
   * @param approved - Did the attempt come back before?
   * @throws what the log ended the invitation by meanwhile: then the attempt comes back all the same.
   */
  async admit <T> (approved: boolean | undefined, write: Write<T>): Promise<T> {
    const { end } = this

    if (end != null) {
      await (approved === true ? undefined : this.right())
      throw end
    }

    try {
      return await this.writeWith(ledger.admit(this.ledger, approved), write)
    } catch (err) {
      // who comes again is asked for nothing: a right guess is none, and is lost at most with the process
      await (approved === true ? undefined : this.#writeAnyway(ledger.right(this.ledger)))
      throw err
    }
  }

  /** Ends it for good, in its turn: as what it came to, or else as this. @param reason - What who declined it said */
  async close (status: Exclude<Status, 'pending'>, reason = ''): Promise<void> {
    await this.add(async () => {
      if (this.status === 'pending') {
        this.#record = { ...this.#record, reason }
      }

      await this.write(ledger.end(this.ledger, this.status === 'pending' ? status : this.status))
    })
  }

  /** Writes the next ledger together with something else, all or nothing. */
  async writeWith <T> (next: Ledger, write: Write<T>): Promise<T> {
    return this.#put(this.#with(next), write)
  }

  async #put <T> (record: InvitationRecord, write: Write<T>): Promise<T> {
    if (this.#gone != null) {
      throw this.#gone
    }

    this.#before = this.status

    try {
      // whatever becomes of a batch, what is counted is what is in memory: a guess that was not looked at is none
      const written = await write(putting(record), (batch) => { putting(this.#record)(batch) })
      this.#record = record

      return written
    } finally {
      this.#before = undefined
      this.#changed()
    }
  }

  /** Makes the next ledger durable, then has it count. */
  async write (next: Ledger): Promise<void> {
    if (next !== this.#record.ledger) {
      await this.writeWith(next, async (put, before) => writeBatch(this.#components.datastore, put, { before, sync: true }))
    }
  }

  /** Has the next ledger count also where it cannot be written. */
  async #writeAnyway (next: Ledger): Promise<void> {
    try {
      await this.write(next)
    } catch {
      this.#record = this.#with(next)
      this.#changed()
    }
  }

  /** Keeps what its inviter calls it: counts stay. */
  async relabel (label: string): Promise<void> {
    await this.#put({ ...this.#record, label }, async (put, before) => writeBatch(this.#components.datastore, put, { before }))
  }

  /** One that ended before less of it was kept is written anew. @throws {StorageError} */
  async drop (): Promise<void> {
    const kept = keptOf(this.#record)

    if (kept !== this.#record) {
      await this.#put(kept, async (put, before) => writeBatch(this.#components.datastore, put, { before }))
    }
  }

  /** Secrets are dropped with the end. */
  #with (counted: Ledger): InvitationRecord {
    return keptOf({ ...this.#record, ledger: counted })
  }
}

/** As it is kept: after the end without PIN, code and secret. */
function keptOf (record: InvitationRecord): InvitationRecord {
  const { ledger: { status }, secret, pin, code } = record

  return status === 'pending' || (isSpent(secret) && pin === '' && code === '') ? record : { ...record, secret: spentOf(secret), pin: '', code: '' }
}

function putting (record: InvitationRecord): Fill {
  return (batch) => { batch.put(invitationKey(record), encodeInvitation(record)) }
}
