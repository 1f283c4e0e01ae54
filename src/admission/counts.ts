/** What is counted of one invitation, with its record: durable before it counts, one count after the other. */
import { ledger } from '../invitation/index.js'
import { writeBatch } from '../log/terms.js'
import { CountingQueue } from './counting-queue.js'
import { encodeInvitation, invitationKey } from './records.js'
import type { InvitationRecord } from './records.js'
import type { Ledger, Status } from '../invitation/index.js'
import type { Clock } from '../interface/index.js'
import type { AbortOptions } from '@libp2p/interface'
import type { Batch, Datastore } from 'interface-datastore'

export interface CountsComponents {
  datastore: Datastore
  clock: Clock
}

export class Counts {
  readonly #components: CountsComponents
  readonly #queue = new CountingQueue()
  readonly #changed: () => void
  #record: InvitationRecord

  /** @param changed - Called after each change */
  constructor (components: CountsComponents, record: InvitationRecord, changed: () => void) {
    this.#components = components
    this.#record = record
    this.#changed = changed
  }

  get record (): InvitationRecord { return this.#record }
  get ledger (): Ledger { return this.#record.ledger }
  get status (): Status { return this.ledger.status }
  /** Has its time passed? */
  get isOver (): boolean { return ledger.isOver(this.ledger, this.#components.clock.now()) }

  /** Runs a count in its turn. */
  async add <T> (count: () => Promise<T>, options?: AbortOptions): Promise<T> {
    return this.#queue.add(count, options)
  }

  /** @throws what ended the invitation. */
  assertPending (): void {
    ledger.assertPending(this.ledger, this.#components.clock.now())
  }

  /** Counts a start. @throws what ended the invitation. */
  async begin (): Promise<void> {
    await this.write(ledger.begin(this.ledger, this.#components.clock.now()))
    this.assertPending()
  }

  /**
   * Takes one attempt, in its turn, and keeps the turn: all other counts wait.
   *
   * @returns Attempts left, and what gives the turn back
   */
  async spend (): Promise<{ result: number, release: () => void }> {
    return this.#queue.hold(async () => {
      await this.write(ledger.spend(this.ledger, this.#components.clock.now()))

      return this.ledger.attemptsLeft
    })
  }

  /** The guess was wrong; that counts even where it cannot be written. */
  async wrong (): Promise<void> {
    const next = ledger.wrong(this.ledger)

    try {
      await this.write(next)
    } catch {
      // the spent attempt is durable, and none left reads as locked at the next start
      this.#become(this.#with(next))
    }
  }

  /** The guess was right, and a person has to approve. */
  async right (): Promise<void> {
    await this.write(ledger.right(this.ledger))
  }

  /** Ends it, in its turn. */
  async end (status: Exclude<Status, 'pending' | 'used'>): Promise<void> {
    await this.add(async () => this.write(ledger.end(this.ledger, status)))
  }

  /** Writes the next ledger together with something else, all or nothing. */
  async writeWith <T> (next: Ledger, write: (put: (batch: Batch) => void) => Promise<T>): Promise<T> {
    const record = this.#with(next)
    const written = await write(batch => { batch.put(invitationKey(record), encodeInvitation(record)) })
    this.#become(record)

    return written
  }

  /** Makes the next ledger durable, then has it count. */
  async write (next: Ledger): Promise<void> {
    if (next !== this.#record.ledger) {
      await this.writeWith(next, async put => writeBatch(this.#components.datastore, put))
    }
  }

  /** The PIN is dropped with the end. */
  #with (counted: Ledger): InvitationRecord {
    return { ...this.#record, ledger: counted, ...(counted.status === 'pending' ? {} : { pin: '' }) }
  }

  #become (record: InvitationRecord): void {
    this.#record = record
    this.#changed()
  }
}
