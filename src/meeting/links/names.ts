/** Under which names a party's members find each other at a rendezvous: of its newest epochs, kept over restarts (docs/meeting.md, "Rendezvous"). */
import { base32nopad } from '@scure/base'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { Key as StoreKey } from 'interface-datastore'
import { equals } from 'uint8arrays/equals'
import { decodeStrict, encode } from '../../codec/index.js'
import { DamagedRecordError } from '../../errors.js'
import { PREFIX, readRecord, writeBatch } from '../../storage/records.js'
import { MAX_NAMES, NAME_LIFETIME } from './constants.js'
import type { Clock } from '../../async/clock.js'
import type { OpId } from '../../log/index.js'
import type { Datastore } from 'interface-datastore'

/** What HKDF is told of what the name of a party without a key is for. */
const LABEL = 'plus-one/meet/1'

/** Bytes of a name. */
const LENGTH = 16

/** Bytes of the record in the store, at most. */
const MAX_STORED = MAX_NAMES * (LENGTH + 16) + 16

export interface PartyNamesInit {
  datastore: Datastore
  clock: Pick<Clock, 'now'>
  party: OpId
}

/** What a party's key says of its names. */
export interface EpochNames {
  /** 16 bytes each, newest first; none: the party has a key, and this node nothing of it. */
  names: readonly Uint8Array[]
  /** Is the first one that of now? */
  isCurrent: boolean
}

interface Kept {
  name: Uint8Array
  /** When it was first not that of now, ms since 1970; undefined: it is. */
  endedAt?: number
}

export class PartyNames {
  readonly #init: PartyNamesInit
  #kept: Kept[]

  private constructor (init: PartyNamesInit, kept: Kept[]) {
    this.#init = init
    this.#kept = kept
  }

  /** @throws {StorageError} */
  static async load (init: PartyNamesInit): Promise<PartyNames> {
    try {
      const record = await readRecord(init.datastore, storeKeyOf(init.party))
      const kept = record == null ? [] : decodeStrict(record, MAX_STORED) as Array<[Uint8Array, number | null]>

      return new PartyNames(init, kept.map(([name, endedAt]) => ({ name, ...(endedAt == null ? {} : { endedAt }) })))
    } catch (err) {
      // they are made anew: only how long the old ones are served is lost
      if (err instanceof DamagedRecordError) {
        return new PartyNames(init, [])
      }

      throw err
    }
  }

  /** Names to be found under, newest first. */
  get all (): string[] {
    const now = this.#init.clock.now()

    return this.#kept.filter(({ endedAt }) => endedAt == null || now - endedAt < NAME_LIFETIME).map(({ name }) => namespaceOf(name))
  }

  /**
   * Takes what the party's key says now; undefined: it has none, and is found by its id.
   *
   * @returns Are they others than before?
   * @throws {StorageError}
   */
  async follow (epochs?: EpochNames): Promise<boolean> {
    const { datastore, clock, party } = this.#init
    const { names, isCurrent } = epochs ?? { names: [nameById(party)], isCurrent: true }
    const now = clock.now()
    const fresh = names.map((name, i): Kept => i === 0 && isCurrent ? { name } : { name, endedAt: this.#find(name)?.endedAt ?? now })
    const others = this.#kept.filter(({ name }) => !names.some(other => equals(name, other)))
    const kept = [...fresh, ...others.map(({ name, endedAt = now }) => ({ name, endedAt }))].slice(0, MAX_NAMES)

    if (kept.length === this.#kept.length && kept.every(({ name, endedAt }, i) => endedAt === this.#kept[i]?.endedAt && equals(name, this.#kept[i]?.name ?? new Uint8Array()))) {
      return false
    }

    await writeBatch(datastore, (batch) => { batch.put(storeKeyOf(party), encode(kept.map(({ name, endedAt = null }) => [name, endedAt]))) })
    this.#kept = kept

    return true
  }

  #find (name: Uint8Array): Kept | undefined {
    return this.#kept.find(kept => equals(kept.name, name))
  }
}

function storeKeyOf (party: OpId): StoreKey {
  return new StoreKey(`${PREFIX}/beacon/${party}`)
}

/** Where a party without a key is found: outsiders do not know its id. */
function nameById (party: OpId): Uint8Array {
  return hkdf(sha256, hexToBytes(party), undefined, utf8ToBytes(LABEL), LENGTH)
}

/** As it is published. */
export function namespaceOf (name: Uint8Array): string {
  return `plus-one/party/1/${base32nopad.encode(name).toLowerCase()}`
}
