/** The secrets of one party's epochs on this node, and their wrap sets, in its store (docs/keys.md, "In the store"). */
import { bytesToHex } from '@noble/hashes/utils.js'
import { Key as StoreKey } from 'interface-datastore'
import { TypedEventEmitter } from 'main-event'
import { DamagedRecordError, NotStartedError } from '../errors.js'
import { SerialQueue } from '../serial-queue.js'
import { known, PREFIX, readRecord, readRecords, setAside, stored, writeBatch } from '../storage.js'
import { epochOf, SECRET_LENGTH } from './derive.js'
import { EpochIndex } from './epoch-index.js'
import { hashOf, holds, MAX_PREDECESSORS, mostBytes, predecessorsOf, unwrap } from './wraps.js'
import { secretOf } from './x25519.js'
import type { Epoch, EpochSecret, Rekeying } from './derive.js'
import type { Wraps } from './wraps.js'
import type { Secret } from './x25519.js'
import type { AnyOp, LogEvents, MembershipLog, OpId } from '../log/index.js'
import type { Fill } from '../storage.js'
import type { AbortOptions, PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

export const KEYS = `${PREFIX}/keys`

/** Secrets of REKEYs that are not here yet, at most: a Grant's, or a backup's. */
const MAX_AWAITED = 1024

/** Secrets that were put into batches which are not durable yet, at most. */
const MAX_STAGED = 16

/** Wrap sets of REKEYs that are not current any more which are kept, at most: where a current one is found void, one of them is again. */
const MAX_FORMER_SETS = 4

/** Puts secrets that came with a Grant into the batch that begins a party's log: they count once their REKEYs are here, and hold. */
export function putGranted (batch: Parameters<Fill>[0], party: OpId, secrets: readonly EpochSecret[]): void {
  secrets.forEach(({ rekey, secret }) => { batch.put(new StoreKey(`${KEYS}/${party}/secret/${rekey}`, false), secret) })
}

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
  readonly #init: KeyringInit
  readonly #root: string
  readonly #own: Secret
  /** Checked against their REKEYs. */
  readonly #secrets = new Map<OpId, Uint8Array>()
  /** Of REKEYs that are not here: neither checked nor used. */
  readonly #awaited = new Map<OpId, Uint8Array>()
  /** In a batch with their REKEY. */
  readonly #staged = new Map<OpId, Uint8Array>()
  /** Hashes of the wrap sets in the store. */
  readonly #sets = new Set<string>()
  #index = new EpochIndex()
  readonly #indexed = new Set<OpId>()
  readonly #writes = new SerialQueue()
  #isClosed = true
  /** REKEYs that are current, by id. */
  #rekeys: OpId[] = []
  #current: Epoch | undefined
  /** What was told of as missing. */
  #missing = ''
  /** What was found damaged as it was opened, and was set aside. */
  damaged: readonly DamagedRecordError[] = []

  private constructor (init: KeyringInit, own: Secret) {
    super()
    this.#init = init
    this.#root = `${KEYS}/${init.log.key}`
    this.#own = own
  }

  /** Reads what is stored. @throws {StorageError} */
  static async open (init: KeyringInit, options?: AbortOptions): Promise<Keyring> {
    const keyring = new Keyring(init, await secretOf(init.privateKey.raw.subarray(0, 32)))
    await keyring.reopen(options)

    return keyring
  }

  /** The log was opened again: goes on with what is stored now. @throws {StorageError} */
  async reopen (options?: AbortOptions): Promise<void> {
    const { datastore, log } = this.#init
    await this.#writes.idle()
    const { records, damaged } = await readRecords(datastore, `${this.#root}/secret`, options)
    const sets = await this.#storedSets(options)
    const secrets = [...records].map(([rekey, secret]) => ({ rekey, secret }))
    const unusable = secrets.filter(({ rekey, secret }) => secret.length !== SECRET_LENGTH || (this.#opOf(rekey) != null && !this.#holds(rekey, secret)))
    unusable.forEach(({ rekey, secret }) => { damaged.set(rekey, secret) })
    this.damaged = await setAside(datastore, [...damaged.keys()].map(rekey => `${this.#root}/secret/${rekey}`))
    this.#secrets.clear()
    this.#awaited.clear()
    this.#staged.clear()
    this.#sets.clear()
    this.#indexed.clear()
    this.#index = new EpochIndex()
    sets.forEach(hash => { this.#sets.add(hash) })
    secrets.filter(({ rekey }) => !damaged.has(rekey)).forEach(({ rekey, secret }) => { (this.#opOf(rekey) == null ? this.#awaited : this.#secrets).set(rekey, secret) })
    log.addEventListener('ops', this.#onOps)
    log.addEventListener('void', this.#onVoid)
    log.addEventListener('unvoid', this.#onVoid)
    this.#isClosed = false
    this.#review()
  }

  /** Writes nothing more until it is opened again; resolves when what was being written is. What is here it shows still. */
  async close (): Promise<void> {
    const { log } = this.#init
    this.#isClosed = true
    log.removeEventListener('ops', this.#onOps)
    log.removeEventListener('void', this.#onVoid)
    log.removeEventListener('unvoid', this.#onVoid)
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
    for (const rekey of this.#init.log.allRekeys()) {
      if (!this.#indexed.has(rekey)) {
        this.#indexed.add(rekey)
        this.#index.add(rekey, other => !this.#init.log.isBefore(other, rekey))
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
      const isHere = this.#opOf(rekey) != null

      if (isHere ? !this.#secrets.has(rekey) && this.#holds(rekey, secret) : !this.#awaited.has(rekey) && secret.length === SECRET_LENGTH && this.#awaited.size + fresh.size < MAX_AWAITED) {
        fresh.set(rekey, secret.slice())
      }
    }

    await writeBatch(this.#init.datastore, (batch) => {
      fresh.forEach((secret, rekey) => { batch.put(this.#keyOf('secret', rekey), secret) })
      also(batch)
    }, { ...options, sync: true })
    fresh.forEach((secret, rekey) => { this.#awaited.set(rekey, secret) })
    this.#settle([...fresh.keys()])

    return [...fresh.keys()]
  }

  /** Puts a REKEY's secret and wrap set into the batch of the op itself: they count once the log tells of it. */
  put (batch: Parameters<Fill>[0], rekey: OpId, secret: Uint8Array, { payload, bytes }: Wraps): void {
    this.#staged.set(rekey, secret.slice())
    this.#dropStaged()
    batch.put(this.#keyOf('secret', rekey), secret)
    batch.put(this.#keyOf('wraps', payload.wraps), bytes)
    this.#sets.add(payload.wraps)
  }

  /** A wrap set by its hash (hex), if it is here. @throws {StorageError} */
  async wrapSet (hash: string, options?: AbortOptions): Promise<Uint8Array | undefined> {
    const key = this.#keyOf('wraps', hash)

    if (!this.#sets.has(hash)) {
      return undefined
    }

    try {
      return await readRecord(this.#init.datastore, key, options)
    } catch (err) {
      if (!(err instanceof DamagedRecordError)) {
        throw err
      }

      // others have it; and its secret is here, or is asked for
      this.#sets.delete(hash)
      await setAside(this.#init.datastore, [key.toString()])

      return undefined
    }
  }

  /** Bytes that a REKEY's wrap set may have: as its past explains. */
  mostBytes (rekey: OpId): number {
    const { log } = this.#init
    const before = log.allRekeys().filter(other => log.isBefore(other, rekey)).length

    return mostBytes(log.recipients(rekey).length, Math.min(before, MAX_PREDECESSORS))
  }

  /**
   * Keeps a REKEY's wrap set, and what it holds for this node: the secret, and those of the epochs before.
   *
   * @returns Is the REKEY's secret here now? @throws {StorageError}
   */
  async keepWrapSet (rekey: OpId, bytes: Uint8Array, options?: AbortOptions): Promise<boolean> {
    const op = this.#opOf(rekey)

    if (op == null || bytes.length > this.mostBytes(rekey) || hashOf(bytes) !== op.payload.wraps) {
      return false
    }

    const { commitment, wraps } = op.payload
    const rekeying = this.#rekeyingOf(op)
    const secret = await unwrap({ bytes, rekeying, commitment, key: this.#init.log.self, own: this.#own }).catch((err: Error) => {
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
    const former = this.#formerSets(rekey)
    await this.#add([{ rekey, secret }, ...before.filter(({ rekey }) => this.#opOf(rekey) != null)], (batch) => {
      batch.put(this.#keyOf('wraps', wraps), bytes)
      former.forEach(hash => { batch.delete(this.#keyOf('wraps', hash)) })
    }, options)
    this.#sets.add(wraps)
    former.forEach(hash => { this.#sets.delete(hash) })

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

      if (secret != null && this.#opOf(rekey) != null) {
        this.#staged.delete(rekey)
        this.#awaited.delete(rekey)

        if (this.#holds(rekey, secret)) {
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
    const rekeys = this.#init.log.rekeys().map(({ id }) => id)
    const secrets = this.secretsOf(rekeys)

    if (rekeys.join() !== this.#rekeys.join() || (this.#current == null) !== (rekeys.length === 0 || secrets.length < rekeys.length)) {
      this.#rekeys = rekeys
      this.#current = rekeys.length === 0 || secrets.length < rekeys.length ? undefined : epochOf(secrets)
    }

    if (rekeys.length > 1) {
      this.#index.name(rekeys)
    }

    if (this.#current !== before.current) {
      this.safeDispatchEvent('epoch')
    }

    this.#missing = this.missing.join()

    if (this.#missing !== before.missing) {
      this.safeDispatchEvent('missing')
    }
  }

  #opOf (rekey: OpId): AnyOp<'REKEY'> | undefined {
    const op = this.#init.log.get(rekey)

    return op?.kind === 'REKEY' ? op : undefined
  }

  #rekeyingOf ({ author, previous }: AnyOp<'REKEY'>): Rekeying {
    return { genesis: this.#init.log.key, author, ...(previous == null ? {} : { previous }) }
  }

  #holds (rekey: OpId, secret: Uint8Array): boolean {
    const op = this.#opOf(rekey)

    return op != null && holds(secret, this.#rekeyingOf(op), op.payload.commitment)
  }

  #dropStaged (): void {
    for (const oldest of this.#staged.keys()) {
      if (this.#staged.size > MAX_STAGED) {
        this.#staged.delete(oldest)
      }
    }
  }

  /** Wrap sets that need not be kept any more, where one is added. */
  #formerSets (added: OpId): string[] {
    const { log } = this.#init
    const kept = [...log.allRekeys().filter(rekey => !this.#rekeys.includes(rekey)).slice(-MAX_FORMER_SETS), ...this.#rekeys, added]
    const hashes = new Set(kept.map(rekey => this.#opOf(rekey)?.payload.wraps))

    return [...this.#sets].filter(hash => !hashes.has(hash))
  }

  async #storedSets (options?: AbortOptions): Promise<string[]> {
    const { datastore } = this.#init
    const prefix = `${this.#root}/wraps/`
    await known(datastore)

    return stored(async () => {
      const hashes: string[] = []

      for await (const key of datastore.queryKeys({ prefix }, options)) {
        hashes.push(key.toString().slice(prefix.length))
      }

      return hashes
    }, undefined, options)
  }

  #keyOf (what: 'secret' | 'wraps', name: string): StoreKey {
    return new StoreKey(`${this.#root}/${what}/${name}`, false)
  }
}
