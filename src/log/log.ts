/** One party's membership log: ops checked before they are kept, one view, one store. */
import { SerialQueue } from '../async/serial-queue.js'
import { DamagedRecordError, NotPermittedError, NotStartedError, ProtocolError } from '../errors.js'
import { LOGS } from './datastore.js'
import { drafted, rekeyParts, rekeyPlace, voidedBy, withPayload } from './drafted.js'
import { checkGrant, signedGrant } from './grant.js'
import { History, judgedAnew } from './history.js'
import { decodeOp, encodeOpBody, opIdOf, signingBytes } from './op.js'
import { opened } from './opened.js'
import { keyOf } from './peer-key.js'
import { opOf } from './reader.js'
import { OpReceiver } from './receiver.js'
import { recordOf } from './record.js'
import { SharedLog } from './shared-log.js'
import { infoOf } from './signatures.js'
import { LogStore } from './store.js'
import { acceptanceHolds, signatureHolds, verifyAll } from './verify.js'
import type { Terms } from './drafted.js'
import type { AnyGrant, CheckedGrant, Expected, Grant } from './grant.js'
import type { Saying } from './heading.js'
import type { LogInit, MadeRekey, MakeRekey, Receipt, ReceiveOptions, Verified, VoidedOp, WriteOptions } from './interface.js'
import type { Key, OpId, OpKind, PartyKind } from './kinds.js'
import type { AnyOp, Op, SignedOp } from './op.js'
import type { Owner, Payloads } from './payloads.js'
import type { Settled } from './receiver.js'
import type { Fill, Writing } from '../storage/records.js'
import type { AbortOptions, PrivateKey } from '@libp2p/interface'

/** A REKEY that is signed and taken in, with those that it needs before it, and what goes into its batch. */
interface Rekeyed {
  op: AnyOp<'REKEY'>
  settled: Settled
  with: Fill
}

export class MembershipLog extends SharedLog {
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
  readonly #init: LogInit
  #store: LogStore
  readonly #genesis: AnyOp<'GENESIS'>
  readonly #writes = new SerialQueue()
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
    this.#store = store
    this.#genesis = genesis
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
    await log.#settle([...held, ...await log.receiver.verified(rest, options)], {}, options)
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

    await log.#store.write((batch) => {
      log.#store.put(batch, log.history, 0, [])
      log.#store.putGrant(batch, signedGrant(grant))
      options?.with?.(batch, grant.admit)
    }, { ...options, sync: true })
    log.#await(grant)
    await log.#settle([], {})

    return log
  }

  /** Writes nothing more until it is opened again; resolves when what was being written is. What it showed it shows still. */
  async close (): Promise<void> {
    this.#isClosed = true
    await this.#writes.idle()
  }

  /**
   * Goes on, with what is stored now: another node of this key may have written meanwhile.
   * It tells nothing of what changed by that.
   *
   * @throws {StorageError} It is not there any more, or damaged; it stays closed.
   */
  async reopen (options?: AbortOptions): Promise<void> {
    await this.#writes.idle()
    const stored = await MembershipLog.open(this.#init, this.key, options)
    this.history = stored.history
    this.receiver = stored.receiver
    this.#store = stored.#store
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
    await this.#write(async () => {
      if (this.has(grant.admit.id)) {
        return
      }

      await this.#store.write(batch => { this.#store.putGrant(batch, signedGrant(grant)) }, { ...options, before: (batch) => { this.#putGrant(batch) }, sync: true })
      this.#await(grant)
      await this.#settle([], {})

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
    await log.#store.write((batch) => {
      log.#store.put(batch, log.history, 0, [])
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

  get genesis (): AnyOp<'GENESIS'> {
    return this.#genesis
  }

  /**
   * Signs an op of this node, or of the key that is given, on top of all that is here, and stores it. A REKEY has `rekey`: what it holds is bound to where it stands.
   *
   * @throws {NotPermittedError} The party's rules do not let this member do that.
   * @throws {NotStartedError} The log is closed.
   * @throws {ProtocolError} The key that a LINK names did not agree to it.
   * @throws {StorageError} It has no effect here. Whether it is on disk is not known: it is gone before the next write, but may be there after a crash.
   */
  async append <K extends Exclude<OpKind, 'GENESIS' | 'REKEY'>> (kind: K, payload: Payloads[K], options?: WriteOptions): Promise<AnyOp<K>> {
    return this.#write(async () => {
      this.#assertHere()
      const { signer = this.#init.privateKey } = options ?? {}
      const { op: unsigned, judged } = drafted(this.history, keyOf(signer), { kind, payload }, options)

      // of an ADMIT the handshake has checked it
      if (kind === 'LINK' && !await acceptanceHolds(this.#genesis, unsigned, { person: judged.draft.speaker })) {
        throw new ProtocolError('That device did not agree to be linked to this member; let it sign anew')
      }

      const op = await this.#signed(unsigned, signer) as AnyOp<K>
      let settled = this.receiver.own(op, judged)
      let rekey: Rekeyed | undefined

      try {
        rekey = options?.rekey == null ? undefined : await this.#rekeyed(options.rekey, settled).catch(unlessNotPermitted)
        settled = rekey?.settled ?? settled
      } catch (err) {
        this.#undo(settled)
        throw err
      }

      const fill: Fill = (batch) => {
        options?.with?.(batch, op)
        rekey?.with(batch)
      }
      await this.#keep(settled, { with: fill, before: options?.before, signal: options?.signal, sync: true })

      return op
    }, options)
  }

  /**
   * Signs a REKEY of this node on top of all that is here, and stores it, with what `make` puts into its batch.
   *
   * @returns undefined: `make` made none
   * @throws {NotPermittedError} This node's member is neither owner nor admin.
   * @throws {NotStartedError} The log is closed.
   * @throws {StorageError} As of `append`.
   * @throws what `make` throws
   */
  async rekey (make: MakeRekey, options?: AbortOptions): Promise<AnyOp<'REKEY'> | undefined> {
    return this.#write(async () => {
      this.#assertHere()
      const rekey = await this.#rekeyed(make)

      if (rekey != null) {
        await this.#keep(rekey.settled, { with: rekey.with, signal: options?.signal, sync: true })
      }

      return rekey?.op
    }, options)
  }

  /**
   * Ops that would lose their effect, were these written now, one after the other. Nothing is; it takes as long as judging all anew.
   *
   * @throws {NotPermittedError} The party's rules do not let that key do that.
   */
  wouldVoid (sayings: readonly Saying[], { signer = this.#init.privateKey, ...terms }: Terms & Pick<WriteOptions, 'signer'> = {}): VoidedOp[] {
    return voidedBy(this.history, keyOf(signer), sayings, terms)
  }

  /** The first half of `receive`: finds those whose signatures hold, and changes nothing, so that it can run ahead. */
  async verify (ops: SignedOp[], options?: AbortOptions): Promise<Verified> {
    return { ops: await this.receiver.verified(ops, options), of: ops.length }
  }

  /**
   * Takes ops from elsewhere, in any order: verified before kept, refused by
   * their own past alone, pending where that is not here yet.
   *
   * @throws {StorageError} Nothing of it counts; what is not on disk by then comes again.
   */
  async receive (ops: SignedOp[] | Verified, options: ReceiveOptions = {}): Promise<Receipt> {
    const verified = Array.isArray(ops) ? await this.verify(ops, options) : ops

    return this.#write(async () => {
      const settled = await this.#settle(verified.ops, options, options)
      const own = [...settled.entries.values()].filter(({ author }) => author === this.self)

      if (own.length > 0) {
        this.safeDispatchEvent('elsewhere', { detail: own })
      }

      return { accepted: [...settled.entries.values()], refused: verified.of - verified.ops.length + settled.refused, pending: this.receiver.pending.size }
    }, options)
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
    await verifyAll(this.#genesis, history.graph.entries, op => infoOf(history, op), options)

    await this.#writes.add(async () => {
      const [difference] = await this.#store.differences(judgedAnew(this.history), options)

      if (difference != null || this.#heads.some(id => !this.has(id))) {
        throw new DamagedRecordError(`${LOGS}/${this.key}/${difference ?? 'op'}`)
      }
    }, options)
  }

  /** @throws {NotPermittedError} */
  #assertHere (): void {
    if (this.grant != null) {
      throw new NotPermittedError('The party\'s log is still coming in; try again when it is synced')
    }
  }

  async #signed (unsigned: Op, signer: PrivateKey): Promise<Op> {
    const { body } = unsigned.signed

    return { ...unsigned, signed: { body, sig: await signer.sign(signingBytes(this.key, body)) } }
  }

  /** A REKEY on top of what is in memory now, with those that it needs before it. @param before - What is taken in behind which it is @throws {NotPermittedError} */
  async #rekeyed (make: MakeRekey, before?: Settled): Promise<Rekeyed | undefined> {
    const made = new Map<OpId, MadeRekey>()
    let rekeyed: Rekeyed | undefined

    try {
      for (const part of rekeyParts(this.history, this.self)) {
        const { place, ...draft } = rekeyPlace(this.history, this.self, part, [...made.keys()])
        const one = await make(place)

        if (one == null) {
          return undefined
        }

        const { op: unsigned, judged } = withPayload(draft, one.payload)
        const op = await this.#signed(unsigned, this.#init.privateKey) as AnyOp<'REKEY'>
        one.signed(op.id)
        made.set(op.id, one)
        rekeyed = { op, settled: this.receiver.own(op, judged, rekeyed?.settled ?? before), with: (batch) => { made.forEach((each, id) => { each.with(batch, id) }) } }
      }
    } catch (err) {
      if (rekeyed != null) {
        this.#undo(rekeyed.settled)
      }

      throw err
    }

    return rekeyed
  }

  /** Runs one write after the other. @throws {NotStartedError} The log is closed. */
  async #write <T> (work: () => Promise<T>, options?: AbortOptions): Promise<T> {
    return this.#writes.add(async () => {
      if (this.#isClosed) {
        throw new NotStartedError()
      }

      return work()
    }, options)
  }

  async #settle (ops: Verified['ops'], { from }: ReceiveOptions, options?: AbortOptions): Promise<Settled> {
    const settled = await this.receiver.settle(ops, from ?? '', this.grant?.ops)
    await this.#keep(settled, { signal: options?.signal })

    return settled
  }

  /** Writes what was taken in, in one batch, and tells of it; if that fails, nothing was taken in. */
  async #keep (settled: Settled, options: Writing & AbortOptions & { with?: Fill }): Promise<void> {
    const { entries, held, freed, voids, members, forks, from } = settled
    const { graph } = this.history
    const isSynced = this.grant != null && graph.has(this.grant.admit.id)
    const changed = [...voids.keys()].map(({ place }) => place)

    if (entries.size === 0 && held.length === 0 && freed.length === 0) {
      return
    }

    let isUndone = false
    const undo = (): void => {
      if (!isUndone) {
        isUndone = true
        this.#undo(settled)
      }
    }

    try {
      await this.#store.write((batch) => {
        this.#store.sweep(batch)
        this.#store.put(batch, this.history, from, changed)
        held.forEach(op => { this.#store.putHeld(batch, op.id, op.signed) })
        freed.forEach(id => { this.#store.deleteHeld(batch, id) })

        if (isSynced) {
          this.#store.deleteGrant(batch)
        }

        options.with?.(batch)
      }, {
        signal: options.signal,
        sync: options.sync,
        before: (batch) => {
          undo()
          this.#store.put(batch, this.history, recordOf(from), changed)
          entries.forEach((op) => { if (freed.includes(op.id) && !this.has(op.id)) { this.#store.putHeld(batch, op.id, op.signed) } })
          this.#putGrant(batch)
          options.before?.(batch)
        }
      })
    } catch (err) {
      undo()
      throw err
    }

    // whom the Grant showed is from here on what the log says
    const shown = isSynced ? this.grant?.members.map(({ person }) => person) ?? [] : []

    if (isSynced) {
      this.grant = undefined
    }

    if (entries.size > 0) {
      this.safeDispatchEvent('ops', { detail: [...entries.values()] })
    }

    if (held.length > 0) {
      this.safeDispatchEvent('held', { detail: held.map(({ id }) => id) })
    }

    if (members.size > 0 || isSynced) {
      this.safeDispatchEvent('members', { detail: [...new Set([...members.keys(), ...shown])].map(person => this.changed(person)) })
    }

    for (const [entry, lost] of voids) {
      this.safeDispatchEvent(lost == null ? 'unvoid' : 'void', { detail: { op: opOf(entry), ...lost } })
    }

    for (const [author, [one, other]] of forks) {
      this.safeDispatchEvent('fork', { detail: { author, ops: [opOf(one), opOf(other)] } })
    }
  }

  #undo (settled: Settled): void {
    this.history = settled.undo()
    this.#store.follow(this.history)
  }

  #putGrant (batch: Parameters<Fill>[0]): void {
    if (this.grant != null) {
      this.#store.putGrant(batch, signedGrant(this.grant))
    }
  }

  #await (grant: AnyGrant): void {
    this.grant = grant
    grant.ops.filter(op => !this.history.graph.has(op.id)).forEach(op => { this.receiver.pending.add(op, '') })
  }
}

/** @throws what it was, if it is not that the rules do not permit it */
function unlessNotPermitted (err: unknown): undefined {
  if (!(err instanceof NotPermittedError)) {
    throw err
  }
}
