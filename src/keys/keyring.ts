/** The secrets of one party's epochs on this node, and their wrap sets, in its store (docs/keys.md, "In the store"). */
import { bytesToHex } from '@noble/hashes/utils.js'
import { TypedEventEmitter } from 'main-event'
import { NotStartedError } from '../errors.js'
import { SerialQueue } from '../async/serial-queue.js'
import { epochOf, SECRET_LENGTH } from './derive.js'
import { isSecretOf, mostBytesOf, placeOf, rekeyIn } from './checks.js'
import { EpochIndex } from './epoch-index.js'
import { KeyStore } from './key-store.js'
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

/** Secrets of REKEYs that are not here yet, at most: a Grant's, or a backup's. */
const MAX_AWAITED = 1024

/** Secrets that were put into batches which are not durable yet, at most: the newest. One batch brings some 1,000 ends together by 64 REKEYs. */
const MAX_STAGED = 4096

/** Wrap sets of REKEYs that are not current any more which are kept, at most: where a current one is found void, one of them is again. */
const MAX_FORMER_SETS = 4

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
  /** Checked against their REKEYs. */
  readonly #secrets = new Map<OpId, Uint8Array>()
  /** Of REKEYs that are not here: neither checked nor used. */
  readonly #awaited = new Map<OpId, Uint8Array>()
  /** In a batch with their REKEY. */
  readonly #staged = new Map<OpId, Uint8Array>()
  /** Hashes of the wrap sets in the store. */
  readonly #sets = new Set<string>()
  /** Hashes of those that stay, by REKEY: read from the op once. */
  #setOf = new Map<OpId, string | undefined>()
  #index = new EpochIndex()
  readonly #indexed = new Set<OpId>()
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
    // a Grant's that turned out to be none
    const useless = secrets.filter(({ rekey, secret }) => secret.length !== SECRET_LENGTH || (rekeyIn(this.#log, rekey) != null && !isSecretOf(this.#log, rekey, secret)))
    await this.#drop(useless)
    this.damaged = damaged
    this.#secrets.clear()
    this.#awaited.clear()
    this.#staged.clear()
    this.#sets.clear()
    this.#indexed.clear()
    this.#rekeys = []
    this.#index = new EpochIndex()
    sets.forEach(hash => { this.#sets.add(hash) })
    secrets.filter(secret => !useless.includes(secret)).forEach(({ rekey, secret }) => { (rekeyIn(this.#log, rekey) == null ? this.#awaited : this.#secrets).set(rekey, secret) })
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
      if (!this.#indexed.has(rekey)) {
        this.#indexed.add(rekey)
        this.#index.add(rekey, other => !this.#log.isAncestor(other, rekey))
      }
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
    return rekeys.flatMap((rekey) => {
      const secret = this.#secrets.get(rekey)

      return secret == null ? [] : [{ rekey, secret }]
    })
  }

  /** All that are here. */
  all (): EpochSecret[] {
    return [...this.#secrets].map(([rekey, secret]) => ({ rekey, secret }))
  }

  /**
   * Keeps secrets, each checked against its REKEY; of REKEYs that are not here they are kept apart, unused, until those are.
   *
   * @returns REKEYs whose secrets are new here @throws {NotStartedError} It is closed. @throws {StorageError} None of them is kept.
   */
  async add (secrets: readonly EpochSecret[], options?: AbortOptions): Promise<OpId[]> {
    return this.#add(secrets, () => {}, options)
  }

  /** @param also - Goes into the same batch */
  async #add (secrets: readonly EpochSecret[], also: Fill, options?: AbortOptions): Promise<OpId[]> {
    return this.#writes.add(async () => this.#keep(secrets, also, options), options)
  }

  async #keep (secrets: readonly EpochSecret[], also: Fill, options?: AbortOptions): Promise<OpId[]> {
    if (this.#isClosed) {
      throw new NotStartedError()
    }

    const fresh = new Map<OpId, Uint8Array>()

    for (const { rekey, secret } of secrets) {
      const isHere = rekeyIn(this.#log, rekey) != null

      if (isHere ? !this.#secrets.has(rekey) && isSecretOf(this.#log, rekey, secret) : !this.#awaited.has(rekey) && secret.length === SECRET_LENGTH && this.#awaited.size + fresh.size < MAX_AWAITED) {
        fresh.set(rekey, secret.slice())
      }
    }

    await this.#store.write((batch) => {
      fresh.forEach((secret, rekey) => { this.#store.put(batch, { rekey, secret }) })
      also(batch)
    }, options)
    fresh.forEach((secret, rekey) => { this.#awaited.set(rekey, secret) })
    this.#settle([...fresh.keys()])

    return [...fresh.keys()]
  }

  /** The secret of a REKEY that is about to be written: it counts once the log tells of it. */
  stage (rekey: OpId, secret: Uint8Array): void {
    this.#staged.set(rekey, secret.slice())
    this.#dropStaged()
  }

  /** Of REKEYs that one is made on: also those of its own batch. */
  secretsBefore (rekeys: readonly OpId[]): EpochSecret[] {
    return rekeys.flatMap((rekey) => {
      const secret = this.#secrets.get(rekey) ?? this.#staged.get(rekey)

      return secret == null ? [] : [{ rekey, secret }]
    })
  }

  /** Puts a REKEY's secret, which is staged, into the batch of the op itself, and its wrap set where that is for anybody. */
  put (batch: Parameters<Fill>[0], rekey: OpId, secret: Uint8Array, wraps?: Wraps): void {
    this.#store.put(batch, { rekey, secret })

    if (wraps != null) {
      this.#putSet(batch, rekey, wraps.payload.wraps, wraps.bytes)
    }
  }

  /** A wrap set by its hash (hex), if it is here. @throws {StorageError} */
  async wrapSet (hash: string, options?: AbortOptions): Promise<Uint8Array | undefined> {
    return this.#sets.has(hash) ? this.#store.wrapSet(hash, options) : undefined
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
    await this.#add([{ rekey, secret }, ...before.filter(({ rekey }) => rekeyIn(this.#log, rekey) != null)], (batch) => { this.#putSet(batch, rekey, wraps, bytes) }, options)

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
    const counted: OpId[] = []

    for (const rekey of rekeys) {
      const secret = this.#staged.get(rekey) ?? this.#awaited.get(rekey)

      if (secret != null && rekeyIn(this.#log, rekey) != null) {
        this.#staged.delete(rekey)
        this.#awaited.delete(rekey)

        if (isSecretOf(this.#log, rekey, secret)) {
          this.#secrets.set(rekey, secret)
          counted.push(rekey)
        }
      }
    }

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

  #dropStaged (): void {
    for (const oldest of this.#staged.keys()) {
      if (this.#staged.size > MAX_STAGED) {
        this.#staged.delete(oldest)
      }
    }
  }

  /** Puts a wrap set, in place of those that need not be kept any more. */
  #putSet (batch: Parameters<Fill>[0], added: OpId, hash: string, bytes: Uint8Array): void {
    const kept = this.#sets.size < MAX_FORMER_SETS ? this.#sets : this.#setsKept(added).add(hash)

    for (const former of [...this.#sets].filter(other => !kept.has(other))) {
      this.#sets.delete(former)
      this.#store.deleteSet(batch, former)
    }

    // where the batch fails it is not found
    this.#sets.add(hash)
    this.#store.putSet(batch, hash, bytes)
  }

  /** Hashes of those sets that stay, beside the one that is added. */
  #setsKept (added: OpId): Set<string | undefined> {
    const current = new Set(this.#rekeys)
    const others = this.#log.newestRekeys(MAX_FORMER_SETS + current.size + 1).filter(rekey => rekey !== added && !current.has(rekey)).slice(-MAX_FORMER_SETS)

    this.#setOf = new Map([...others, ...this.#rekeys].map(rekey => [rekey, this.#setOf.get(rekey) ?? rekeyIn(this.#log, rekey)?.payload.wraps]))

    return new Set(this.#setOf.values())
  }

  async #drop (secrets: readonly EpochSecret[]): Promise<void> {
    if (secrets.length > 0) {
      await this.#store.write((batch) => { secrets.forEach(({ rekey }) => { this.#store.delete(batch, rekey) }) })
    }
  }
}
