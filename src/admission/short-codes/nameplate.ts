/** One nameplate of one invitation: its secret words, and what is counted of it, durable before it counts. */
import { Key } from 'interface-datastore'
import { decodeStrict, encode } from '../../codec/index.js'
import { BusyError, guesses, MAX_SESSIONS } from '../../rendezvous/exchange/index.js'
import { PREFIX, readRecord, setAside, stored, writeBatch } from '../../storage.js'
import { DamagedRecordError } from '../../errors.js'
import { CountingQueue } from '../counting-queue.js'
import type { OpId } from '../../log/index.js'
import type { Guesses } from '../../rendezvous/exchange/index.js'
import type { Fill } from '../../storage.js'
import type { Datastore } from 'interface-datastore'

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
export async function loadNameplate (datastore: Datastore, party: OpId, invite: OpId): Promise<Nameplate | undefined> {
  const key = nameplateKey({ party, invite })

  try {
    const record = await readRecord(datastore, key)

    if (record == null) {
      return undefined
    }

    const [nameplate, words, guessesLeft, starts, locked, replaces = 0] = await stored(() => decodeStrict(record, MAX_RECORD) as [string, string, number, number, boolean, number?])

    return new Nameplate(datastore, { party, invite, nameplate, words, guesses: { guessesLeft, starts, locked }, replaces })
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

/** A guest of the exchange. */
export interface NameplateGuest {
  /** Held while its guess is judged: other counts wait. */
  release?: () => void
}

export class Nameplate {
  readonly #datastore: Datastore
  readonly #counts = new CountingQueue()
  readonly #guests = new Set<NameplateGuest>()
  #record: NameplateRecord

  constructor (datastore: Datastore, record: NameplateRecord) {
    this.#datastore = datastore
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

  /** Lets a guest in: counts the start. @throws {NameplateLockedError} @throws {BusyError} */
  async begin (guest: NameplateGuest): Promise<void> {
    await this.#counts.add(async () => {
      if (this.#guests.size >= MAX_SESSIONS) {
        throw new BusyError()
      }

      await this.#write(guesses.begin(this.#record.guesses))
      guesses.assertUnlocked(this.#record.guesses)
      this.#guests.add(guest)
    })
  }

  /** Takes one guess; from here to `judge` or `leave` all other counts wait. @throws {NameplateLockedError} */
  async spend (guest: NameplateGuest): Promise<void> {
    const { release } = await this.#counts.hold(async () => this.#write(guesses.spend(this.#record.guesses)))
    guest.release = release
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

  async #write (next: Guesses): Promise<void> {
    const record = { ...this.#record, guesses: next }
    await this.#store(record)
    this.#record = record
  }

  async #store (record: NameplateRecord): Promise<void> {
    await writeBatch(this.#datastore, putting(record), { before: (batch) => { putting(this.#record)(batch) }, sync: true })
  }
}

function putting (record: NameplateRecord): Fill {
  const { nameplate, words, guesses: { guessesLeft, starts, locked }, replaces } = record

  return (batch) => { batch.put(nameplateKey(record), encode([nameplate, words, guessesLeft, starts, locked, replaces])) }
}
