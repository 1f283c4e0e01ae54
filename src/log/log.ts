/** One party's membership log: ops checked before they are kept, one view, one store. */
import { Queue } from '@libp2p/utils'
import { DamagedRecordError, NotPermittedError, NotStartedError, ProtocolError, StorageError } from '../errors.js'
import { authorityOf, groundOf, MAX_AUTHORITY } from './authority.js'
import { checkGrant, signedGrant, storedGrant } from './grant.js'
import { History, judgedAnew } from './history.js'
import { decodeOp, encodeOpBody, MAX_BODY, MAX_PARENTS, opIdOf, signingBytes } from './op.js'
import { keyOf } from './peer-key.js'
import { LogReader, opOf } from './reader.js'
import { infoOf, OpReceiver } from './receiver.js'
import { recordOf } from './record.js'
import { genesisIn, restore } from './restore.js'
import { after, chainOf, evidence, since, trailOf } from './sharing.js'
import { LOGS, readable } from './datastore.js'
import { LogStore } from './store.js'
import { acceptanceHolds, signatureHolds, verifyAll } from './verify.js'
import type { CheckedGrant, Expected, Grant } from './grant.js'
import type { Entry } from './entry.js'
import type { Void } from './evaluation.js'
import type { Judged } from './history.js'
import type { KeptOp, LogInit, Receipt, ReceiveOptions, Verified, VoidedOp, WriteOptions } from './interface.js'
import type { Saying } from './heading.js'
import type { Key, OpId, OpKind, PartyKind, PersonId } from './kinds.js'
import type { AnyOp, Op, SignedOp } from './op.js'
import type { Owner, Payloads } from './payloads.js'
import type { Settled } from './receiver.js'
import type { ChainTip } from './sharing.js'
import type { Fill, Writing } from '../storage.js'
import type { AbortOptions } from '@libp2p/interface'

/** For whom an op speaks, and on what it is not to rest. */
type Terms = Pick<WriteOptions, 'speaker' | 'without'>

/** Bytes that an op takes on a wire beside its body, about: a signature and lengths. */
const SIGNED = 80

export class MembershipLog extends LogReader {
  /** The id of the GENESIS, hex. */
  readonly key: OpId
  /** By the GENESIS; `info` tells of changes. */
  readonly name: string
  readonly kind: PartyKind
  /** A reference to a picture, of 1 to 512 bytes of UTF-8; by the GENESIS. */
  readonly picture: string | undefined
  /** This node's key. */
  readonly self: Key
  readonly #init: LogInit
  #store: LogStore
  readonly #genesis: AnyOp<'GENESIS'>
  readonly #writes = new Queue({ concurrency: 1 })
  protected history: History
  #receiver: OpReceiver
  protected grant: CheckedGrant | undefined
  /** What was found damaged as it was opened, and was set aside. */
  damaged: readonly DamagedRecordError[] = []
  /** What it ended with when it was whole. */
  #heads: OpId[] = []
  #isClosed = false

  private constructor (init: LogInit, genesis: AnyOp<'GENESIS'>, history = new History(genesis)) {
    super()
    this.key = genesis.id
    this.name = genesis.payload.name
    this.kind = genesis.payload.kind
    this.picture = genesis.payload.picture
    this.self = keyOf(init.privateKey)
    this.#init = init
    this.#store = new LogStore(init.datastore, genesis.id)
    this.#genesis = genesis
    this.history = history
    this.#receiver = new OpReceiver(this.history)
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
    const stored = await new LogStore(init.datastore, key).load(options)
    const genesis = genesisIn(stored, key)

    if (genesis == null) {
      throw stored.ops.size + stored.damaged.size === 0 ? new StorageError('This node has no such party; join it') : new DamagedRecordError(`${LOGS}/${key}/genesis`)
    }

    const { history, covered, rest, unusable, damaged, isWhole, heads } = restore(stored, genesis)
    const log = new MembershipLog(init, genesis, history)
    log.#store.follow(history, covered)

    if (!isWhole) {
      // what cannot be used in its place is kept, and received as from others
      log.damaged = damaged.map(name => new DamagedRecordError(`${LOGS}/${key}/${name}`))
      await log.#store.setAside([...unusable, ...stored.end != null && heads.some(id => !log.has(id)) ? ['end'] : []])
      await log.#store.rewrite(history, options)
    }

    if (stored.grant != null) {
      log.#await(storedGrant(stored.grant))
    }

    const held = readable(() => stored.held.map(op => decodeOp(op)))
    held.forEach(({ id }) => log.#receiver.stored.add(id))
    await log.#settle([...held, ...await log.#receiver.verified(rest, options)], {}, options)
    log.#heads = heads

    return log
  }

  /**
   * Begins a log from a checked Grant: its past comes by sync, until then the
   * members are those that the Grant shows.
   *
   * @throws {StorageError}
   */
  static async join (init: LogInit, grant: CheckedGrant, options?: WriteOptions): Promise<MembershipLog> {
    const log = new MembershipLog(init, grant.genesis)

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
    await this.#writes.onIdle()
  }

  /**
   * Goes on, with what is stored now: another node of this key may have written meanwhile.
   * It tells nothing of what changed by that.
   *
   * @throws {StorageError} It is not there any more, or damaged; it stays closed.
   */
  async reopen (options?: AbortOptions): Promise<void> {
    await this.#writes.onIdle()
    const stored = await MembershipLog.open(this.#init, this.key, options)
    this.history = stored.history
    this.#receiver = stored.#receiver
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
  async rejoin (grant: CheckedGrant, options?: AbortOptions): Promise<void> {
    await this.#write(async () => {
      if (this.has(grant.admit.id)) {
        return
      }

      await this.#store.write(batch => { this.#store.putGrant(batch, signedGrant(grant)) }, { ...options, before: (batch) => { this.#putGrant(batch) }, sync: true })
      this.#await(grant)
      await this.#settle([], {})

      if (!this.synced) {
        this.safeDispatchEvent('members', { detail: grant.members.map(({ person }) => ({ person, member: this.member(person) })) })
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
  static async begin (init: LogInit, genesis: SignedOp, options?: AbortOptions): Promise<MembershipLog> {
    const op = decodeOp(genesis)

    if (op.kind !== 'GENESIS' || !await signatureHolds(op.id, op)) {
      throw new ProtocolError('This is not the GENESIS of a party; ask a member for it again')
    }

    return MembershipLog.#stored(init, op, options)
  }

  static async #stored (init: LogInit, genesis: AnyOp<'GENESIS'>, options?: AbortOptions): Promise<MembershipLog> {
    const log = new MembershipLog(init, genesis)
    await log.#store.write(batch => { log.#store.put(batch, log.history, 0, []) }, { ...options, sync: true })

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

  /** Does the log hold ops that only a newer plus-one understands? */
  get needsNewer (): boolean {
    return this.#receiver.held.size > 0
  }

  /** Ops that are kept for a newer plus-one. */
  * held (): Iterable<OpId> {
    yield * this.#receiver.held.keys()
  }

  /** One of them. */
  heldOp (id: OpId): SignedOp | undefined {
    return this.#receiver.held.get(id)?.signed
  }

  /** Each author key's chain: equal on replicas that have the same ops. */
  * chains (): Iterable<{ author: Key, tips: ChainTip[] }> {
    for (const author of this.history.graph.chains.authors()) {
      yield { author, tips: this.chain(author) }
    }
  }

  /** A key's newest ops, by id; several where it forked its chain. */
  chain (author: Key): ChainTip[] {
    return chainOf(this.history.graph, author)
  }

  /** Ids on the way back along a key's chain, at doubling distances; at most 24. */
  trail (author: Key): OpId[] {
    return trailOf(this.history.graph, author)
  }

  /** What is here and not in the past of these, parents first. */
  since (known: OpId[]): KeptOp[] {
    return [...since(this.history.graph, known)]
  }

  /** A key's ops that are neither these tips nor before them, parents first. */
  after (author: Key, tips: OpId[]): KeptOp[] {
    return after(this.history.graph, author, tips)
  }

  /** These ops and all that they rest on, without what is known and its past; parents first. */
  evidence (of: OpId[], known: OpId[]): KeptOp[] {
    return evidence(this.history.graph, of, known)
  }

  /** Ids of ops that pending ones wait for. */
  wanted (): OpId[] {
    return this.#receiver.wanted()
  }

  /** Is this op here, but not its past? */
  isPending ({ body }: SignedOp): boolean {
    return this.#receiver.pending.has(opIdOf(body))
  }

  /** The grant that shows a peer, who may not have seen it, that this node's member is one. */
  proof (): Grant | undefined {
    if (this.grant != null) {
      return signedGrant(this.grant)
    }

    const { graph, view } = this.history
    const admit = graph.get(this.member(this.self)?.admit ?? '')

    if (admit == null) {
      return undefined
    }

    const authority = authorityOf(view, admit).filter(entry => entry !== admit).map(({ signed }) => signed)

    return { admit: admit.signed, authority: [...authority, ...one(infoOf(this.history, opOf(admit))?.signed)] }
  }

  /**
   * GENESIS, what gave the INVITE's author the right to it, the INVITE, and the INFO that is shown: what an ADMIT by it rests on.
   *
   * @param info - The INFO that the ADMIT names; missing: the one that is shown now
   * @throws {ProtocolError}
   */
  authority (invite: OpId, info: OpId | undefined = this.info()?.id): SignedOp[] {
    const { graph, view } = this.history
    const entry = graph.get(invite)

    if (entry?.kind !== 'INVITE') {
      throw new ProtocolError('This log has no such invitation')
    }

    return [...authorityOf(view, entry), ...one(graph.get(info ?? ''))].map(({ signed }) => signed)
  }

  /** Do the ops that this member's invitations would rest on, an INVITE and an ADMIT beside them, fit into so many bytes? */
  canShow (bytes: number): boolean {
    const { graph, view } = this.history
    const person = graph.person(this.member(this.self)?.person ?? '')
    const ops = [...person == null ? [] : groundOf(view, person, this.self), ...one(this.info())]
    const most = bytes - 2 * (MAX_BODY + SIGNED)

    // the INVITE is one of them
    return ops.length < MAX_AUTHORITY && ops.reduce((sum, { signed: { body } }) => sum + body.length + SIGNED, 0) <= most
  }

  /**
   * Signs an op of this node, or of the key that is given, on top of all that is here, and stores it.
   *
   * @throws {NotPermittedError} The party's rules do not let this member do that.
   * @throws {NotStartedError} The log is closed.
   * @throws {ProtocolError} The key that a LINK names did not agree to it.
   * @throws {StorageError} It has no effect here. Whether it is on disk is not known: it is gone before the next write, but may be there after a crash.
   */
  async append <K extends Exclude<OpKind, 'GENESIS'>> (kind: K, payload: Payloads[K], options?: WriteOptions): Promise<AnyOp<K>> {
    return this.#write(async () => {
      if (this.grant != null) {
        throw new NotPermittedError('The party\'s log is still coming in; try again when it is synced')
      }

      const { signer = this.#init.privateKey } = options ?? {}
      const { op: unsigned, judged } = drafted(this.history, keyOf(signer), { kind, payload }, options)
      const { body } = unsigned.signed

      // of an ADMIT the handshake has checked it
      if (kind === 'LINK' && !await acceptanceHolds(this.#genesis, unsigned, { person: judged.draft.speaker })) {
        throw new ProtocolError('That device did not agree to be linked to this member; let it sign anew')
      }

      const op = { ...unsigned, signed: { body, sig: await signer.sign(signingBytes(this.key, body)) } } as AnyOp<K>
      await this.#keep(this.#receiver.own(op), { with: (batch) => { options?.with?.(batch, op) }, before: options?.before, signal: options?.signal, sync: true })

      return op
    }, options)
  }

  /**
   * Ops that would lose their effect, were these written now, one after the other. Nothing is; it takes as long as judging all anew.
   *
   * @throws {NotPermittedError} The party's rules do not let that key do that.
   */
  wouldVoid (sayings: readonly Saying[], { signer = this.#init.privateKey, ...terms }: Terms & Pick<WriteOptions, 'signer'> = {}): VoidedOp[] {
    const history = this.history.upTo(this.history.graph.end)
    const lost = new Map<Entry, Void | undefined>()

    for (const saying of sayings) {
      history.take(drafted(history, keyOf(signer), saying, terms).judged)
      history.view.changes().voids.forEach((why, entry) => { lost.set(entry, why) })
    }

    return [...lost].flatMap(([entry, why]) => why == null || this.voidOf(entry.id) != null ? [] : [{ op: opOf(entry), ...why }])
  }

  /** The first half of `receive`: finds those whose signatures hold, and changes nothing, so that it can run ahead. */
  async verify (ops: SignedOp[], options?: AbortOptions): Promise<Verified> {
    return { ops: await this.#receiver.verified(ops, options), of: ops.length }
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

      return { accepted: [...settled.entries.values()], refused: verified.of - verified.ops.length + settled.refused, pending: this.#receiver.pending.size }
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

  /** Runs one write after the other. @throws {NotStartedError} The log is closed. */
  async #write <T> (work: () => Promise<T>, options?: AbortOptions): Promise<T> {
    return this.#writes.add(async () => {
      if (this.#isClosed) {
        throw new NotStartedError()
      }

      return work()
    }, options) as Promise<T>
  }

  async #settle (ops: Verified['ops'], { from }: ReceiveOptions, options?: AbortOptions): Promise<Settled> {
    const settled = await this.#receiver.settle(ops, from ?? '', this.grant?.ops)
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
        this.history = settled.undo()
        this.#store.follow(this.history)
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
      this.safeDispatchEvent('members', { detail: [...members].map(([person, membership]) => this.changed(person, membership)) })
    }

    for (const [entry, lost] of voids) {
      this.safeDispatchEvent(lost == null ? 'unvoid' : 'void', { detail: { op: opOf(entry), ...lost } })
    }

    for (const [author, [one, other]] of forks) {
      this.safeDispatchEvent('fork', { detail: { author, ops: [opOf(one), opOf(other)] } })
    }
  }

  #putGrant (batch: Parameters<Fill>[0]): void {
    if (this.grant != null) {
      this.#store.putGrant(batch, signedGrant(this.grant))
    }
  }

  #await (grant: CheckedGrant): void {
    this.grant = grant
    grant.ops.filter(op => !this.history.graph.has(op.id)).forEach(op => { this.#receiver.pending.add(op, '') })
  }
}

/** An op that is still to be signed, judged. @throws {NotPermittedError} */
function drafted (history: History, author: Key, { kind, payload }: Saying, { speaker, without }: Terms = {}): { op: Op, judged: Judged } {
  const body = encodeOpBody(kind, history.heading(author, speaker, { kind, payload }, MAX_PARENTS, without), payload as Payloads['LEAVE'])
  const op = decodeOp({ body, sig: new Uint8Array(64) }) as Op
  const judged = history.judge(op)

  if (typeof judged === 'string') {
    throw new NotPermittedError(`The party's rules do not permit that (${judged}); ask an owner or an admin`)
  }

  return { op, judged }
}

function one <T> (value: T | undefined): T[] {
  return value == null ? [] : [value]
}
