/** The recovery words of this node's person as its store has them: drawn at the first start, wiped once they are written down. */
import { bytesToHex, hexToBytes, randomBytes } from '@noble/hashes/utils.js'
import { Key as StoreKey } from 'interface-datastore'
import { obeying } from '../async/obeying.js'
import { decodeStrict, encode } from '../codec/index.js'
import { DamagedRecordError, NotStartedError, ProtocolError, WordsConfirmedError, WrongWordsError } from '../errors.js'
import { Observable } from '../interface/observable.js'
import { PREFIX, readRecord, setAside, writeBatch } from '../storage/records.js'
import type { Recovery } from '../interface/index.js'
import type { Key } from '../log/index.js'
import type { BackupKey, PublicRecovery, RecoveryKeys } from './recovery-keys.js'
import type { AbortOptions } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

const RECORD = new StoreKey(`${PREFIX}/person/recovery`)

/** Bytes of the record, at most. */
const MAX_RECORD = 256

interface RecoveryRecord extends PublicRecovery {
  /** 16 bytes, until they are confirmed; and which two words are asked for. */
  secret?: { entropy: Uint8Array, asked: readonly [number, number] }
}

export class LocalRecovery extends Observable<{ isConfirmed: boolean }> implements Recovery {
  /** What needs the words goes before they are wiped. */
  beforeWiping: (options?: AbortOptions) => Promise<void> = async () => {}
  /** Resolves when it is loaded. */
  ready: (options?: AbortOptions) => Promise<void> = async () => {}
  readonly #datastore: Datastore
  #record: RecoveryRecord | undefined

  constructor (datastore: Datastore) {
    super()
    this.#datastore = datastore
  }

  /**
   * Reads what is stored; where there is nothing, draws new words.
   *
   * @param home - The recovery key of the home that this node has: then no other one is drawn in its place
   * @returns The record, if it cannot be read
   * @throws {StorageError}
   */
  async load (home?: Key): Promise<DamagedRecordError[]> {
    const damaged: DamagedRecordError[] = []

    try {
      const bytes = await readRecord(this.#datastore, RECORD)
      this.#record = bytes == null ? undefined : decodeRecord(bytes)
    } catch (err) {
      if (!(err instanceof DamagedRecordError)) {
        throw err
      }

      this.#record = undefined
      damaged.push(...await setAside(this.#datastore, [RECORD.toString()]))
    }

    if (this.#record == null) {
      await this.#write(home == null ? await drawn() : { key: home })
    }

    this.changed()

    return damaged
  }

  /** The recovery key's public half, which is part of each seat that this node takes; undefined before `load`. */
  get key (): Key | undefined { return this.#record?.key }
  /** To which backups are sealed; undefined: no device that knows it has told yet. */
  get backupKey (): BackupKey | undefined { return this.#record?.backup }
  get isConfirmed (): boolean { return this.#record?.secret == null }
  get asked (): readonly [number, number] | undefined { return this.#record?.secret?.asked }

  async words (options?: AbortOptions): Promise<readonly string[]> {
    return obeying(options, async () => {
      await this.ready(options)
      const { entropy } = this.#secret()
      const { wordsOf } = await import('./words.js')

      return wordsOf(entropy)
    })
  }

  async confirm (words: readonly [string, string], options?: AbortOptions): Promise<void> {
    await obeying(options, async () => this.#confirm(words, options))
  }

  async #confirm (words: readonly [string, string], options?: AbortOptions): Promise<void> {
    const { isWord } = await import('./words.js')
    const all = await this.words(options)
    const { asked } = this.#secret()

    if (!asked.every((place, i) => isWord(words[i] ?? '', all[place - 1] ?? ''))) {
      throw new WrongWordsError(`These are not words ${asked[0]} and ${asked[1]}; look at what you wrote down, and count them again`)
    }

    await this.beforeWiping(options)
    await this.#become(({ key, backup }) => ({ key, backup }), options)
  }

  /** The keys, while the words are here. */
  async keys (): Promise<RecoveryKeys | undefined> {
    const entropy = this.#record?.secret?.entropy
    const { recoveryKeysOf } = await import('./recovery-keys.js')

    return entropy == null ? undefined : recoveryKeysOf(entropy)
  }

  /**
   * This node is a device of that person now: words of its own, if they are here, are dropped for good.
   *
   * @throws {ProtocolError} The backup key is not that person's.
   * @throws {StorageError}
   */
  async adopt (person: PublicRecovery, options?: AbortOptions): Promise<void> {
    const { isBackupOf } = await import('./recovery-keys.js')

    if (person.backup != null && !await isBackupOf(person.key, person.backup)) {
      throw new ProtocolError('That backup key is not of these recovery words; get it from another device')
    }

    await this.#become(({ key, backup, secret }) => key === person.key ? { key, backup: person.backup ?? backup, secret } : { ...person }, options)
  }

  #secret (): { entropy: Uint8Array, asked: readonly [number, number] } {
    const { secret } = this.#known()

    if (secret == null) {
      throw new WordsConfirmedError()
    }

    return secret
  }

  async #become (next: (record: RecoveryRecord) => RecoveryRecord, options?: AbortOptions): Promise<void> {
    await this.#write(next(this.#known()), options)
    this.changed()
  }

  /** @throws {NotStartedError} */
  #known (): RecoveryRecord {
    if (this.#record == null) {
      throw new NotStartedError()
    }

    return this.#record
  }

  /** Durable first. */
  async #write (record: RecoveryRecord, options?: AbortOptions): Promise<void> {
    const before = this.#record

    await writeBatch(this.#datastore, (batch) => { batch.put(RECORD, encodeRecord(record)) }, {
      ...options,
      before: (batch) => {
        if (before == null) {
          batch.delete(RECORD)
        } else {
          batch.put(RECORD, encodeRecord(before))
        }
      },
      sync: true
    })
    this.#record = record
  }

  protected override snapshot (): { isConfirmed: boolean } {
    return { isConfirmed: this.isConfirmed }
  }
}

/** New words, and which two of them are asked for. */
async function drawn (): Promise<RecoveryRecord> {
  const { ENTROPY_LENGTH, publicOf, recoveryKeysOf } = await import('./recovery-keys.js')
  const entropy = randomBytes(ENTROPY_LENGTH)
  const [one = 0, other = 0] = randomBytes(2)
  const first = one % 12
  const second = (first + 1 + other % 11) % 12

  return { ...await publicOf(await recoveryKeysOf(entropy)), secret: { entropy, asked: [Math.min(first, second) + 1, Math.max(first, second) + 1] } }
}

function encodeRecord ({ key, backup, secret }: RecoveryRecord): Uint8Array {
  return encode([
    hexToBytes(key),
    backup == null ? null : [backup.publicKey, backup.signature],
    secret == null ? null : [secret.entropy, ...secret.asked]
  ])
}

/** @throws {DamagedRecordError} */
function decodeRecord (bytes: Uint8Array): RecoveryRecord {
  try {
    const [key, backup, secret] = decodeStrict(bytes, MAX_RECORD) as [Uint8Array, [Uint8Array, Uint8Array] | null, [Uint8Array, number, number] | null]

    return {
      key: bytesToHex(key),
      ...(backup == null ? {} : { backup: { publicKey: backup[0], signature: backup[1] } }),
      ...(secret == null ? {} : { secret: { entropy: secret[0], asked: [secret[1], secret[2]] } })
    }
  } catch (err) {
    throw new DamagedRecordError(RECORD.toString(), { cause: err })
  }
}
