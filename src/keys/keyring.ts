/** One party's key on this node: which epoch is current, which secrets are missing; what comes is checked, and stored (docs/keys.md, "In the store"). */
import { bytesToHex } from '@noble/hashes/utils.js'
import { TypedEventEmitter } from 'main-event'
import { NotStartedError } from '../errors.js'
import { SerialQueue } from '../async/serial-queue.js'
import { epochOf } from './derive.js'
import { mostBytesOf, placeOf, rekeyIn } from './checks.js'
import { EpochIndex } from './epoch-index.js'
import { KeyStore } from './key-store.js'
import { Secrets } from './secrets.js'
import { WrapSets } from './wrap-sets.js'
import { hashOf, predecessorsOf, unwrap } from './wraps.js'
import { secretOf } from './x25519.js'
import type { Epoch, EpochSecret } from './derive.js'
import type { DamagedRecordError } from '../errors.js'
import type { Wraps } from './wraps.js'
import type { Secret } from './x25519.js'
import type { LogEvents, MembershipLog, OpId } from '../log/index.js'
import type { Fill } from '../storage/records.js'
import type { AbortOptions, PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

export interface KeyringInit {
  datastore: Datastore
  log: MembershipLog
  /** This node's, Ed25519. */
  privateKey: PrivateKey
}

export interface KeyringEvents {
  /** What is sealed under is another: `current`. */
  'epoch': CustomEvent<void>
  /** Other secrets are missing: `missing`. */
  'missing': CustomEvent<void>
  /** These secrets are here now. */
  'secrets': CustomEvent<OpId[]>
}

export class Keyring extends TypedEventEmitter<KeyringEvents> {
  readonly #log: MembershipLog
  readonly #store: KeyStore
  /** This node's seed, 32 bytes. */
  readonly #seed: Uint8Array
  /** Made of it for the first wrap set that is opened: who joins has its secrets by the Grant. */
  #own: Promise<Secret> | undefined
  readonly #secrets: Secrets
  readonly #sets: WrapSets
  #index = new EpochIndex()
  readonly #writes = new SerialQueue()
  #isClosed = true
  /** REKEYs that are current, by id. */
  #rekeys: readonly OpId[] = []
  #current: Epoch | undefined
  /** What was told of as missing. */
  #missing: readonly OpId[] = []
  /** What was found damaged as it was opened, and was set aside. */
  damaged: readonly DamagedRecordError[] = []

  private constructor ({ datastore, log, privateKey }: KeyringInit) {
    super()
    this.#log = log
    this.#store = new KeyStore(datastore, log.key)
    this.#secrets = new Secrets(log)
    this.#sets = new WrapSets(log, this.#store)
    this.#seed = privateKey.raw.subarray(0, 32)
  }

  /** Reads what is stored. @throws {StorageError} */
  static async open (init: KeyringInit, options?: AbortOptions): Promise<Keyring> {
    const keyring = new Keyring(init)
    await keyring.reopen(options)

    return keyring
  }

  /** The log was opened again: goes on with what is stored now. @throws {StorageError} */
  async reopen (options?: AbortOptions): Promise<void> {
    await this.#writes.idle()
    const { secrets, sets, damaged } = await this.#store.load(options)
    const useless = this.#secrets.uselessOf(secrets)
    await this.#drop(useless)
    this.damaged = damaged
    this.#secrets.load(secrets.filter(secret => !useless.includes(secret)))
    this.#sets.load(sets)
    this.#rekeys = []
    this.#index = new EpochIndex()
    this.#log.addEventListener('ops', this.#onOps)
    this.#log.addEventListener('void', this.#onVoid)
    this.#log.addEventListener('unvoid', this.#onVoid)
    this.#isClosed = false
    this.#review()
  }

  /** Writes nothing more until it is opened again; resolves when what was being written is. What is here it shows still. */
  async close (): Promise<void> {
    this.#isClosed = true
    this.#log.removeEventListener('ops', this.#onOps)
    this.#log.removeEventListener('void', this.#onVoid)
    this.#log.removeEventListener('unvoid', this.#onVoid)
    await this.#writes.idle()
  }

  /** What is sealed under now; undefined while the secret of a current REKEY is missing, or there is no REKEY. */
  get current (): Epoch | undefined {
    return this.#current
  }

  /** Current REKEYs, by id. */
  get rekeys (): readonly OpId[] {
    return this.#rekeys
  }

  /** Current REKEYs whose secrets are not here. */
  get missing (): OpId[] {
    return this.#rekeys.filter(rekey => !this.#secrets.has(rekey))
  }

  /** Is its secret here? */
  has (rekey: OpId): boolean {
    return this.#secrets.has(rekey)
  }

  /** REKEYs that an epoch's id (hex) means, whether their secrets are here or not; undefined: none that is here. */
  rekeysOf (id: string): readonly OpId[] | undefined {
    for (const rekey of this.#log.allRekeys()) {
      this.#index.add(rekey, other => !this.#log.isAncestor(other, rekey))
    }

    return this.#index.get(id)
  }

  /** An epoch by its id (hex), if its secrets are here. */
  epoch (id: string): Epoch | undefined {
    if (this.#current != null && bytesToHex(this.#current.id) === id) {
      return this.#current
    }

    const rekeys = this.rekeysOf(id)
    const secrets = this.secretsOf(rekeys ?? [])

    return rekeys == null || secrets.length < rekeys.length ? undefined : epochOf(secrets)
  }

  /** Those of them that are here. */
  secretsOf (rekeys: readonly OpId[]): EpochSecret[] {
    return this.#secrets.of(rekeys)
  }

  /** All that are here. */
  all (): EpochSecret[] {
    return this.#secrets.all()
  }

  /**
   * Keeps secrets, each checked against its REKEY; of REKEYs that are not here they are kept apart, unused, until those are.
   *
   * @returns REKEYs whose secrets are new here @throws {NotStartedError} It is closed. @throws {StorageError} None of them is kept.
   */
  async add (secrets: readonly EpochSecret[], options?: AbortOptions): Promise<OpId[]> {
    return this.#keep(secrets, () => {}, options)
  }

  /** @param also - Goes into the same batch */
  async #keep (secrets: readonly EpochSecret[], also: Fill, options?: AbortOptions): Promise<OpId[]> {
    return this.#writes.add(async () => {
      if (this.#isClosed) {
        throw new NotStartedError()
      }

      const fresh = this.#secrets.fresh(secrets)
      const rekeys = fresh.map(({ rekey }) => rekey)
      await this.#store.write((batch) => {
        fresh.forEach((secret) => { this.#store.put(batch, secret) })
        also(batch)
      }, options)
      this.#secrets.add(fresh)
      this.#settle(rekeys)

      return rekeys
    }, options)
  }

  /** The secret of a REKEY that is about to be written: it counts once the log tells of it. */
  stage (rekey: OpId, secret: Uint8Array): void {
    this.#secrets.stage(rekey, secret)
  }

  /** Of REKEYs that one is made on: also those of its own batch. */
  secretsBefore (rekeys: readonly OpId[]): EpochSecret[] {
    return this.#secrets.before(rekeys)
  }

  /** Puts a REKEY's secret, which is staged, into the batch of the op itself, and its wrap set where that is for anybody. */
  put (batch: Parameters<Fill>[0], rekey: OpId, secret: Uint8Array, wraps?: Wraps): void {
    this.#store.put(batch, { rekey, secret })

    if (wraps != null) {
      this.#sets.put(batch, { rekey, hash: wraps.payload.wraps, bytes: wraps.bytes }, this.#rekeys)
    }
  }

  /** A wrap set by its hash (hex), if it is here. @throws {StorageError} */
  async wrapSet (hash: string, options?: AbortOptions): Promise<Uint8Array | undefined> {
    return this.#sets.get(hash, options)
  }

  /**
   * Keeps a REKEY's wrap set, and what it holds for this node: the secret, and those of the epochs before.
   *
   * @returns Is the REKEY's secret here now? @throws {StorageError}
   */
  async keepWrapSet (rekey: OpId, bytes: Uint8Array, options?: AbortOptions): Promise<boolean> {
    const op = rekeyIn(this.#log, rekey)

    if (op == null || bytes.length > mostBytesOf(this.#log, rekey) || hashOf(bytes) !== op.payload.wraps) {
      return false
    }

    const { commitment, wraps } = op.payload
    const rekeying = placeOf(this.#log, op)
    this.#own ??= secretOf(this.#seed)
    const secret = await unwrap({ bytes, rekeying, commitment, key: this.#log.self, own: await this.#own }).catch((err: Error) => {
      if (err.name !== 'ProtocolError') {
        throw err
      }

      return undefined
    })

    // what its author made of it is of use to nobody, or not to this one: another may have use for it
    if (secret == null) {
      return this.#secrets.has(rekey)
    }

    const before = predecessorsOf(bytes, secret, rekeying)
    await this.#keep([{ rekey, secret }, ...before.filter(({ rekey }) => rekeyIn(this.#log, rekey) != null)], (batch) => { this.#sets.put(batch, { rekey, hash: wraps, bytes }, this.#rekeys) }, options)

    return true
  }

  readonly #onOps = ({ detail }: LogEvents['ops']): void => {
    const rekeys = detail.filter(({ kind }) => kind === 'REKEY').map(({ id }) => id)

    if (rekeys.length > 0) {
      this.#settle(rekeys)
    }
  }

  readonly #onVoid = ({ detail: { op: { kind } } }: LogEvents['void'] | LogEvents['unvoid']): void => {
    if (kind === 'REKEY') {
      this.#review()
    }
  }

  /** Secrets whose REKEYs are here count from now on. */
  #settle (rekeys: readonly OpId[]): void {
    const counted = this.#secrets.count(rekeys)
    this.#review()

    if (counted.length > 0) {
      this.safeDispatchEvent('secrets', { detail: counted })
    }
  }

  /** What is current, and what is missing of it, may be other than before. */
  #review (): void {
    const before = { current: this.#current, missing: this.#missing }
    const rekeys = this.#log.rekeyIds()
    const isOther = rekeys !== this.#rekeys
    this.#rekeys = rekeys
    this.#missing = this.missing
    const isUsable = rekeys.length > 0 && this.#missing.length === 0

    if (isOther || isUsable !== (this.#current != null)) {
      this.#current = isUsable ? epochOf(this.secretsOf(rekeys)) : undefined
    }

    if (isOther && rekeys.length > 1) {
      this.#index.name(rekeys)
    }

    if (this.#current !== before.current) {
      this.safeDispatchEvent('epoch')
    }

    if (this.#missing.length !== before.missing.length || this.#missing.some((rekey, i) => rekey !== before.missing[i])) {
      this.safeDispatchEvent('missing')
    }
  }

  async #drop (secrets: readonly EpochSecret[]): Promise<void> {
    if (secrets.length > 0) {
      await this.#store.write((batch) => { secrets.forEach(({ rekey }) => { this.#store.delete(batch, rekey) }) })
    }
  }
}
