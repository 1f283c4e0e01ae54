/** One nameplate of one invitation: its secret words, and what is counted of it, durable before it counts. */
import { Key } from 'interface-datastore'
import { decodeStrict, encode } from '../../codec/index.js'
import { BusyError, guesses, MAX_SESSIONS } from '../../rendezvous/exchange/index.js'
import { PREFIX, readRecord, setAside, stored, writeBatch } from '../../storage/records.js'
import { DamagedRecordError } from '../../errors.js'
import { MAX_STARTS, MAX_STARTS_OF_PEER, STARTS_WINDOW } from '../../invitation/index.js'
import { Shares } from '../../limits/shares.js'
import { Allowance } from '../../limits/allowance.js'
import { SerialQueue } from '../../async/serial-queue.js'
import type { Clock } from '../../interface/index.js'
import type { Holder } from '../../limits/shares.js'
import type { OpId } from '../../log/index.js'
import type { Guesses } from '../../rendezvous/exchange/index.js'
import type { Fill } from '../../storage/records.js'
import type { Datastore } from 'interface-datastore'

export interface NameplateComponents {
  datastore: Datastore
  clock: Clock
}

export interface NameplateRecord {
  party: OpId
  /** The INVITE that it belongs to. */
  invite: OpId
  /** Two words, public. */
  nameplate: string
  /** Two words, secret. */
  words: string
  guesses: Guesses
  /** How many were locked before it, since a person asked for one. */
  replaces: number
}

const NAMEPLATES = `${PREFIX}/nameplate`
const MAX_RECORD = 1024

function nameplateKey ({ party, invite }: { party: OpId, invite: OpId }): Key {
  return new Key(`${NAMEPLATES}/${party}/${invite}`)
}

/** The nameplate of an invitation that was stored before; undefined: none, or it cannot be read, and is set aside. @throws {StorageError} */
export async function loadNameplate (components: NameplateComponents, party: OpId, invite: OpId): Promise<Nameplate | undefined> {
  const { datastore } = components
  const key = nameplateKey({ party, invite })

  try {
    const record = await readRecord(datastore, key)

    if (record == null) {
      return undefined
    }

    const [nameplate, words, guessesLeft, , locked, replaces = 0] = await stored(() => decodeStrict(record, MAX_RECORD) as [string, string, number, number, boolean, number?])

    return new Nameplate(components, { party, invite, nameplate, words, guesses: { guessesLeft, locked }, replaces })
  } catch (err) {
    if (!(err instanceof DamagedRecordError)) {
      throw err
    }

    await setAside(datastore, [key.toString()])

    return undefined
  }
}

/** The invitation is over for good: its words are dropped. @throws {StorageError} */
export async function forgetNameplate (datastore: Datastore, party: OpId, invite: OpId): Promise<void> {
  await writeBatch(datastore, (batch) => { batch.delete(nameplateKey({ party, invite })) })
}

/** How long one may take over its Answer when others want its place, ms: nobody types between the two. */
const IDLE_AFTER = 1_000

/** A guest of the exchange. */
export interface NameplateGuest extends Holder {
  /** Ends its exchange. */
  end: (reason: Error) => void
  /** When it came, by `clock.elapsed()`. */
  since?: number
  /** Held while its guess is judged: other counts wait. */
  release?: () => void
}

export class Nameplate {
  readonly #components: NameplateComponents
  readonly #counts = new SerialQueue()
  readonly #guests = new Shares<NameplateGuest>()
  /** Exchanges that were begun, and not answered. */
  readonly #starts: Allowance
  #record: NameplateRecord

  constructor (components: NameplateComponents, record: NameplateRecord) {
    this.#components = components
    this.#starts = new Allowance(components.clock, { ofPeer: MAX_STARTS_OF_PEER, window: STARTS_WINDOW })
    this.#record = record
  }

  get nameplate (): string { return this.#record.nameplate }
  get words (): string { return this.#record.words }
  get replaces (): number { return this.#record.replaces }
  get isLocked (): boolean { return this.#record.guesses.locked || this.#record.guesses.guessesLeft <= 0 }

  /** @throws {StorageError} */
  async store (): Promise<void> {
    await this.#store(this.#record)
  }

  /** Lets a guest in: counts the start. @throws {NameplateLockedError} @throws {BusyError} It may come again. */
  begin (guest: NameplateGuest): void {
    guesses.assertUnlocked(this.#record.guesses)

    if (!this.#starts.has(guest, MAX_STARTS)) {
      throw new BusyError()
    }

    this.#makeRoom(guest)
    this.#starts.take(guest)
    guest.since = this.#components.clock.elapsed()
    this.#guests.add(guest)
  }

  /** Takes one guess; from here to `judge` or `leave` all other counts wait. @throws {NameplateLockedError} */
  async spend (guest: NameplateGuest): Promise<void> {
    const { release } = await this.#counts.hold(async () => this.#write(guesses.spend(this.#record.guesses)))
    guest.release = release
    // from here on its guess is what counts
    this.#starts.giveBack(guest.peer)
  }

  /** The guess was right, or wrong. */
  async judge (guest: NameplateGuest, verdict: 'right' | 'wrong'): Promise<void> {
    try {
      await this.#write(guesses[verdict](this.#record.guesses))
    } finally {
      guest.release?.()
    }
  }

  leave (guest: NameplateGuest): void {
    guest.release?.()
    this.#guests.delete(guest)
  }

  /** Where all places are taken, who holds most and says nothing gives one up. */
  #makeRoom (newcomer: NameplateGuest): void {
    const isIdle = ({ since = 0, release }: NameplateGuest): boolean => release == null && this.#components.clock.elapsed() - since >= IDLE_AFTER

    if (this.#guests.size >= MAX_SESSIONS) {
      const other = this.#guests.yielding(newcomer, isIdle)

      if (other == null || !isIdle(other)) {
        throw new BusyError()
      }

      other.end(new BusyError())
      this.leave(other)
    }
  }

  async #write (next: Guesses): Promise<void> {
    const record = { ...this.#record, guesses: next }
    await this.#store(record)
    this.#record = record
  }

  async #store (record: NameplateRecord): Promise<void> {
    await writeBatch(this.#components.datastore, putting(record), { before: (batch) => { putting(this.#record)(batch) }, sync: true })
  }
}

function putting (record: NameplateRecord): Fill {
  const { nameplate, words, guesses: { guessesLeft, locked }, replaces } = record

  // the 0: starts were counted there
  return (batch) => { batch.put(nameplateKey(record), encode([nameplate, words, guessesLeft, 0, locked, replaces])) }
}
