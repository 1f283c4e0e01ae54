/** One party's membership log: how it begins, is opened, closed and checked. What is written in it is in written-log.ts, what it shows in reader.ts and shared-log.ts. */
import { DamagedRecordError, ProtocolError } from '../errors.js'
import { LOGS } from './datastore.js'
import { checkGrant, signedGrant } from './grant.js'
import { History, judgedAnew } from './history.js'
import { decodeOp, encodeOpBody, opIdOf, signingBytes } from './op.js'
import { opened } from './opened.js'
import { keyOf } from './peer-key.js'
import { OpReceiver } from './receiver.js'
import { infoOf } from './signatures.js'
import { LogStore } from './store.js'
import { signatureHolds, verifyAll } from './verify.js'
import { WrittenLog } from './written-log.js'
import type { AnyGrant, CheckedGrant, Expected, Grant } from './grant.js'
import type { LogInit, WriteOptions } from './interface.js'
import type { Key, OpId, PartyKind } from './kinds.js'
import type { AnyOp, SignedOp } from './op.js'
import type { Owner, Payloads } from './payloads.js'
import type { AbortOptions, PrivateKey } from '@libp2p/interface'

export class MembershipLog extends WrittenLog {
  /** The id of the GENESIS, hex. */
  readonly key: OpId
  /** By the GENESIS; `info` tells of changes. */
  readonly name: string
  readonly kind: PartyKind
  /** A reference to a picture, of 1 to 512 bytes of UTF-8; by the GENESIS. */
  readonly picture: string | undefined
  /** Does who joins get the keys of what was before? By the GENESIS, for good. */
  readonly sharesHistory: boolean
  /** This node's key. */
  readonly self: Key
  readonly genesis: AnyOp<'GENESIS'>
  readonly #init: LogInit
  protected readonly privateKey: PrivateKey
  protected store: LogStore
  protected history: History
  protected receiver: OpReceiver
  protected grant: AnyGrant | undefined
  /** What was found damaged as it was opened, and was set aside. */
  damaged: readonly DamagedRecordError[] = []
  /** What it ended with when it was whole. */
  #heads: OpId[] = []
  #isClosed = false

  private constructor (init: LogInit, history: History, store = new LogStore(init.datastore, history.genesis.id)) {
    super()
    const { genesis } = history
    this.key = genesis.id
    this.name = genesis.payload.name
    this.kind = genesis.payload.kind
    this.picture = genesis.payload.picture
    this.sharesHistory = genesis.payload.history !== false
    this.self = keyOf(init.privateKey)
    this.#init = init
    this.privateKey = init.privateKey
    this.store = store
    this.genesis = genesis
    this.history = history
    this.receiver = new OpReceiver(this.history)
  }

  /**
   * Begins a party: signs and stores its GENESIS.
   *
   * @param payload - `owners`: this node's key alone, without a recovery key, where not given; it must be among them
   * @throws {ProtocolError} A field is not within its limits.
   * @throws {StorageError}
   * @throws {UnsupportedKeyError}
   */
  static async create (init: LogInit, payload: Omit<Payloads['GENESIS'], 'owners'> & { owners?: Owner[] }, options?: AbortOptions): Promise<MembershipLog> {
    const self = keyOf(init.privateKey)
    const body = encodeOpBody('GENESIS', { parents: [], author: self }, { ...payload, owners: payload.owners ?? [{ first: self }] })
    const sig = await init.privateKey.sign(signingBytes(opIdOf(body), body))

    return MembershipLog.#stored(init, decodeOp({ body, sig }) as AnyOp<'GENESIS'>, options)
  }

  /**
   * Opens a stored log. Its ops were verified when they came and are not again;
   * `verifyAll` does.
   *
   * @throws {StorageError} It is not there, or damaged.
   */
  static async open (init: LogInit, key: OpId, options?: AbortOptions): Promise<MembershipLog> {
    const store = new LogStore(init.datastore, key)
    const { history, rest, damaged, heads, grant, held } = await opened(store, key, options)
    const log = new MembershipLog(init, history, store)
    log.damaged = damaged

    if (grant != null) {
      log.#await(grant)
    }

    held.forEach(({ id }) => log.receiver.stored.add(id))
    await log.settle([...held, ...await log.receiver.verified(rest, options)], {}, options)
    log.#heads = heads

    return log
  }

  /**
   * Begins a log from a checked Grant: its past comes by sync, until then the
   * members are those that the Grant shows.
   *
   * @throws {StorageError}
   */
  static async join (init: LogInit, grant: AnyGrant, options?: WriteOptions): Promise<MembershipLog> {
    const log = new MembershipLog(init, new History(grant.genesis))

    await log.store.write((batch) => {
      log.store.put(batch, log.history, 0, [])
      log.store.putGrant(batch, signedGrant(grant))
      options?.with?.(batch, grant.admit)
    }, { ...options, sync: true })
    log.#await(grant)
    await log.settle([], {})

    return log
  }

  /** Writes nothing more until it is opened again; resolves when what was being written is. What it showed it shows still. */
  async close (): Promise<void> {
    this.#isClosed = true
    await this.writes.idle()
  }

  /**
   * Goes on, with what is stored now: another node of this key may have written meanwhile.
   * It tells nothing of what changed by that.
   *
   * @throws {StorageError} It is not there any more, or damaged; it stays closed.
   */
  async reopen (options?: AbortOptions): Promise<void> {
    await this.writes.idle()
    const stored = await MembershipLog.open(this.#init, this.key, options)
    this.history = stored.history
    this.receiver = stored.receiver
    this.store = stored.store
    this.grant = stored.grant
    this.damaged = stored.damaged
    this.#heads = stored.#heads
    this.#isClosed = false
  }

  /**
   * Takes the Grant of who is admitted anew to a party whose log is here: as after
   * `join` the new membership is shown, and proved, before its past has come.
   *
   * @throws {StorageError}
   */
  async rejoin (grant: AnyGrant, options?: AbortOptions): Promise<void> {
    await this.write(async () => {
      if (this.has(grant.admit.id)) {
        return
      }

      await this.store.write(batch => { this.store.putGrant(batch, signedGrant(grant)) }, { ...options, before: (batch) => { this.putGrant(batch) }, sync: true })
      this.#await(grant)
      await this.settle([], {})

      if (!this.synced) {
        this.safeDispatchEvent('members', { detail: grant.members.map(({ person }) => this.changed(person)) })
      }
    }, options)
  }

  /**
   * Begins a log from its GENESIS alone, as an owner named in it may, or who
   * checks a party from outside; all else comes by `receive`.
   *
   * @throws {ProtocolError} It is no GENESIS, or not signed by an owner.
   * @throws {StorageError}
   */
  static async begin (init: LogInit, genesis: SignedOp, options?: WriteOptions): Promise<MembershipLog> {
    const op = decodeOp(genesis)

    if (op.kind !== 'GENESIS' || !await signatureHolds(op.id, op)) {
      throw new ProtocolError('This is not the GENESIS of a party; ask a member for it again')
    }

    return MembershipLog.#stored(init, op, options)
  }

  static async #stored (init: LogInit, genesis: AnyOp<'GENESIS'>, options?: WriteOptions): Promise<MembershipLog> {
    const log = new MembershipLog(init, new History(genesis))
    await log.store.write((batch) => {
      log.store.put(batch, log.history, 0, [])
      options?.with?.(batch, genesis)
    }, { ...options, sync: true })

    return log
  }

  /** What a Grant shows, its signatures verified. @throws {ProtocolError} */
  static async check (grant: Grant, expected: Expected): Promise<CheckedGrant> {
    return checkGrant(grant, expected)
  }

  /** It writes nothing, and shows what it last knew. */
  get isClosed (): boolean {
    return this.#isClosed
  }

  /**
   * Checks all again: ids and signatures; what the rules read of each op, and what is void, against the
   * ops alone; and whether the store holds just that.
   *
   * @throws {ProtocolError} A signature does not hold, or an op stands here that its past refuses.
   * @throws {DamagedRecordError} The store holds something else, or lacks what it once held.
   * @throws {StorageError} A body is not what its id says.
   */
  async verifyAll (options: AbortOptions & { onProgress?: (done: number, all: number) => void } = {}): Promise<void> {
    const { history } = this
    await verifyAll(this.genesis, history.graph.entries, op => infoOf(history, op), options)

    await this.writes.add(async () => {
      const [difference] = await this.store.differences(judgedAnew(this.history), options)

      if (difference != null || this.#heads.some(id => !this.has(id))) {
        throw new DamagedRecordError(`${LOGS}/${this.key}/${difference ?? 'op'}`)
      }
    }, options)
  }

  #await (grant: AnyGrant): void {
    this.grant = grant
    grant.ops.filter(op => !this.history.graph.has(op.id)).forEach(op => { this.receiver.pending.add(op, '') })
  }
}
