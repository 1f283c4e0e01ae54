/** One party's membership log: ops checked before they are kept, one view, one store. */
import { Queue } from '@libp2p/utils'
import { TypedEventEmitter } from 'main-event'
import { NotPermittedError, ProtocolError, StorageError } from '../errors.js'
import { signatureHolds, verifyAll } from './check.js'
import { authorityOf, checkGrant, signedGrant, membersOf, storedGrant } from './grant.js'
import { History } from './history.js'
import { Intake } from './intake.js'
import { memberKeyOf } from './member-key.js'
import { decodeOp, encodeOpBody, MAX_PARENTS, opIdOf, signingBytes } from './op.js'
import { decodeRecord } from './record.js'
import { endsOf, farewell, landmarks } from './sending.js'
import { LogStore, readable } from './store.js'
import type { Void } from './belief.js'
import type { Fact } from './fact.js'
import type { CheckedGrant, Expected, Grant } from './grant.js'
import type { Kept, LogEvents, LogInit, Received, ReceiveOptions, WriteOptions } from './interface.js'
import type { Taken } from './intake.js'
import type { AnyOp, MemberKey, Op, OpId, OpKind, PartyKind, Payloads, SignedOp } from './op.js'
import type { Stored } from './store.js'
import type { InviteRecord, MemberRecord, Use } from './view.js'
import type { AbortOptions, PrivateKey } from '@libp2p/interface'
import type { Batch } from 'interface-datastore'

export class MembershipLog extends TypedEventEmitter<LogEvents> {
  /** The id of the GENESIS, hex. */
  readonly key: OpId
  readonly name: string
  readonly kind: PartyKind
  /** A reference to a picture, of 1 to 512 bytes of UTF-8. */
  readonly picture: string | undefined
  /** This node's member key. */
  readonly self: MemberKey
  readonly #privateKey: PrivateKey
  readonly #store: LogStore
  readonly #genesis: AnyOp<'GENESIS'>
  readonly #writes = new Queue({ concurrency: 1 })
  #history: History
  #intake: Intake
  #grant: CheckedGrant | undefined

  private constructor ({ datastore, privateKey }: LogInit, genesis: AnyOp<'GENESIS'>) {
    super()
    this.key = genesis.id
    this.name = genesis.payload.name
    this.kind = genesis.payload.kind
    this.picture = genesis.payload.picture
    this.self = memberKeyOf(privateKey)
    this.#privateKey = privateKey
    this.#store = new LogStore(datastore, genesis.id)
    this.#genesis = genesis
    this.#history = new History(genesis)
    this.#intake = new Intake(genesis.id, this.#history)
  }

  /**
   * Begins a party: signs and stores its GENESIS.
   *
   * @param payload - `owners` are this node alone where not given; it must be among them
   * @throws {StorageError}
   * @throws {UnsupportedKeyError}
   */
  static async create (init: LogInit, payload: Omit<Payloads['GENESIS'], 'owners'> & { owners?: MemberKey[] }, options?: AbortOptions): Promise<MembershipLog> {
    const self = memberKeyOf(init.privateKey)
    const body = encodeOpBody('GENESIS', [], self, { ...payload, owners: payload.owners ?? [self] })
    const signed = { body, sig: await init.privateKey.sign(signingBytes(opIdOf(body), body)) }
    const log = new MembershipLog(init, decodeOp(signed) as AnyOp<'GENESIS'>)
    await log.#store.write(batch => { log.#store.putOps(batch, log.#history.graph, 0) }, options)

    return log
  }

  /**
   * Opens a stored log. Its ops were verified when they came and are not again;
   * `verifyAll` does.
   *
   * @throws {StorageError} It is not there, or damaged.
   */
  static async open (init: LogInit, key: OpId, options?: AbortOptions): Promise<MembershipLog> {
    const stored = await new LogStore(init.datastore, key).load(options)

    if (stored.records[0]?.place !== 0) {
      throw new StorageError('This node has no such party, or its stored log is damaged; join it again')
    }

    const log = readable(() => MembershipLog.#restored(init, key, stored))
    const held = readable(() => stored.held.map(op => decodeOp(op)))
    held.forEach(({ id }) => log.#intake.stored.add(id))
    await log.#settle(held, {}, options)

    return log
  }

  static #restored (init: LogInit, key: OpId, { records, lost, grant }: Stored): MembershipLog {
    let log: MembershipLog | undefined
    let next = 0

    for (const { place, bytes } of records) {
      for (; log != null && next < place; next++) {
        log.#history.restore(undefined, undefined)
      }

      decodeRecord(bytes, place, at => need(log == null ? undefined : log.#history.graph.at(at)), (draft) => {
        if (log == null) {
          const genesis = decodeOp(need(draft).signed)

          if (genesis.id !== key || genesis.kind !== 'GENESIS') {
            throw new RangeError('A log begins with its GENESIS')
          }

          log = new MembershipLog(init, genesis)
        } else {
          log.#history.restore(draft, lost.get(next))
        }

        next++
      })
    }

    const restored: MembershipLog = need(log)
    restored.#history.view.settle()

    if (grant != null) {
      restored.#await(storedGrant(grant))
    }

    return restored
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
      log.#store.putOps(batch, log.#history.graph, 0)
      log.#store.putGrant(batch, signedGrant(grant))
      options?.with?.(batch, grant.admit)
    }, options)
    log.#await(grant)
    await log.#settle([], {})

    return log
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

    const log = new MembershipLog(init, op)
    await log.#store.write(batch => { log.#store.putOps(batch, log.#history.graph, 0) }, options)

    return log
  }

  /** What a Grant shows, its signatures verified. @throws {ProtocolError} */
  static async check (grant: Grant, expected: Expected): Promise<CheckedGrant> {
    return checkGrant(grant, expected)
  }

  get heads (): OpId[] {
    return [...this.#history.graph.heads].map(({ id }) => id)
  }

  get size (): number {
    return this.#history.graph.size
  }

  /** Is the past of this node's own admission here? */
  get synced (): boolean {
    return this.#grant == null
  }

  /** Does the log hold ops that only a newer plus-one understands? */
  get needsNewer (): boolean {
    return this.#intake.held.size > 0
  }

  get memberCount (): number {
    return this.#grant == null ? this.#history.view.memberCount : [...this.members()].length
  }

  /** Members now; while the log is not synced, those that the Grant shows. */
  * members (): Iterable<MemberRecord> {
    yield * this.#history.view.members()

    for (const member of this.#shown()) {
      if (this.#history.view.member(member.key) == null) {
        yield member
      }
    }
  }

  member (key: MemberKey): MemberRecord | undefined {
    return this.#history.view.member(key) ?? this.#shown().find(member => member.key === key)
  }

  invite (id: OpId): Readonly<InviteRecord> | undefined {
    return this.#history.view.invite(id)
  }

  invites (): Iterable<Readonly<InviteRecord>> {
    return this.#history.view.invites()
  }

  /** Who joined by an invitation, and when, by its author's clock; first ones first, equal on replicas that agree. */
  usesOf (invite: OpId): Use[] {
    return this.#history.view.usesOf(this.#history.graph.get(invite))
  }

  /** Why an op here has no effect; undefined: it has. */
  voidOf (id: OpId): Void | undefined {
    const fact = this.#history.graph.get(id)

    return fact == null ? undefined : this.#history.view.voidOf(fact)
  }

  /** Authorised ops that have no effect, and why. */
  voids (): ReadonlyMap<OpId, Void> {
    return new Map([...this.#history.view.lost].map(([{ id }, lost]) => [id, lost]))
  }

  /** Authors that forked their own chain, and the first two ops that show it. */
  forks (): ReadonlyMap<MemberKey, [OpId, OpId]> {
    return this.#history.graph.forks
  }

  /** Equal on replicas that agree on members, roles and invitations: SHA-256, hex. */
  stateHash (): string {
    return this.#history.view.hash()
  }

  get (id: OpId): Op | undefined {
    const fact = this.#history.graph.get(id)

    return fact == null ? undefined : opOf(fact)
  }

  /** What is here and not in the past of `heads`, parents first. */
  since (heads: OpId[]): Kept[] {
    return [...this.#history.graph.since(heads)]
  }

  /** Was this key a member, and is one no longer? */
  hasLeft (member: MemberKey): boolean {
    return this.member(member) == null && endsOf(this.#history.graph, member).length > 0
  }

  /**
   * What one is told whose membership ended, and who gets nothing more: the
   * REMOVEs and LEAVEs that ended it with what they rest on, as far as it lacks them.
   */
  farewell (member: MemberKey, known: OpId[]): Kept[] {
    return farewell(this.#history.graph, member, known)
  }

  /** Ids that tell another replica about how far this one is: the heads, then ops at doubling distances from them. */
  landmarks (): OpId[] {
    return landmarks(this.#history.graph)
  }

  /** Ids of ops that others here wait for. */
  wanted (): OpId[] {
    return this.#intake.wanted()
  }

  /** Is this op here, but not its past? */
  isWaiting ({ body }: SignedOp): boolean {
    return this.#intake.waiting.get(opIdOf(body)) != null
  }

  /** The grant that shows a peer, who may not have seen it, that this node is a member. */
  proof (): Grant | undefined {
    if (this.#grant != null) {
      return signedGrant(this.#grant)
    }

    const admit = this.#history.view.seatOf(this.self)?.admit

    return admit?.invite == null ? undefined : { admit: admit.signed, authority: this.authority(admit.invite.id) }
  }

  /** GENESIS, what made the invite's author an admin, the INVITE: what an ADMIT by it rests on (DESIGN section 5, frame 4). */
  authority (invite: OpId): SignedOp[] {
    return authorityOf(this.#history.view, this.#history.graph, invite).map(({ signed }) => signed)
  }

  /**
   * Signs an op of this node on top of all that is here, and stores it.
   *
   * @throws {NotPermittedError} The party's rules do not let this member do that.
   * @throws {StorageError} Nothing was changed.
   */
  async append <K extends Exclude<OpKind, 'GENESIS'>> (kind: K, payload: Payloads[K], options?: WriteOptions): Promise<AnyOp<K>> {
    return this.#writes.add(async () => {
      if (this.#grant != null) {
        throw new NotPermittedError('The party\'s log is still coming in; try again when it is synced')
      }

      const body = encodeOpBody(kind, this.#history.parents(this.self, MAX_PARENTS), this.self, payload)
      const unsigned = decodeOp({ body, sig: new Uint8Array(64) }) as AnyOp<K>
      const refusal = this.#history.judge(unsigned)

      if (typeof refusal === 'string') {
        throw new NotPermittedError(`The party's rules do not permit that (${refusal}); ask an owner or an admin`)
      }

      const op = { ...unsigned, signed: { body, sig: await this.#privateKey.sign(signingBytes(this.key, body)) } }
      await this.#keep(this.#intake.own(op), { with: (batch) => { options?.with?.(batch, op) }, signal: options?.signal })

      return op
    }, options) as Promise<AnyOp<K>>
  }

  /**
   * Takes ops from elsewhere, in any order: verified before kept, refused by
   * their own past alone, waiting where that is not here yet.
   *
   * @throws {StorageError} Nothing of it was kept.
   */
  async receive (ops: SignedOp[], options: ReceiveOptions = {}): Promise<Received> {
    const verified = await this.#intake.verified(ops, options)

    return this.#writes.add(async () => {
      const taken = await this.#settle(verified, options, options)

      return { accepted: [...taken.facts.values()], refused: ops.length - verified.length + taken.refused, waiting: this.#intake.waiting.size }
    }, options) as Promise<Received>
  }

  /**
   * Checks every id and signature again.
   *
   * @throws {ProtocolError} A signature does not hold.
   * @throws {StorageError} A body is not what its id says.
   */
  async verifyAll (options: AbortOptions & { onProgress?: (done: number, all: number) => void } = {}): Promise<void> {
    await verifyAll(this.key, [...this.#history.graph.facts()], options)
  }

  async #settle (ops: Parameters<Intake['settle']>[0], { from }: ReceiveOptions, options?: AbortOptions): Promise<Taken> {
    const taken = await this.#intake.settle(ops, from ?? '', this.#grant?.ops)
    await this.#keep(taken, { signal: options?.signal })

    return taken
  }

  /** Writes what was taken in, in one batch, and tells of it; if that fails, nothing was taken in. */
  async #keep (taken: Taken, options: AbortOptions & { with?: (batch: Batch) => void }): Promise<void> {
    const { facts, forgotten, held, freed, voids, members, forks } = taken
    const { graph, view } = this.#history
    const settled = this.#grant != null && graph.has(this.#grant.admit.id)

    if (facts.size === 0 && held.length === 0 && freed.length === 0) {
      return
    }

    try {
      await this.#store.write((batch) => {
        this.#store.putOps(batch, graph, taken.from, forgotten)
        held.forEach(op => { this.#store.putHeld(batch, op.id, op.signed) })
        freed.forEach(id => { this.#store.deleteHeld(batch, id) })

        if (voids.size > 0 || forgotten.length > 0) {
          this.#store.putLost(batch, view.lost)
        }

        if (settled) {
          this.#store.deleteGrant(batch)
        }

        options.with?.(batch)
      }, options)
    } catch (err) {
      this.#history = taken.undo(this.#genesis)
      throw err
    }

    if (settled) {
      this.#grant = undefined
    }

    if (facts.size > 0) {
      this.safeDispatchEvent('ops', { detail: [...facts.values()] })
    }

    if (members.size > 0 || settled) {
      this.safeDispatchEvent('members', { detail: [...members] })
    }

    for (const [fact, lost] of voids) {
      this.safeDispatchEvent(lost == null ? 'unvoid' : 'void', { detail: { op: opOf(fact), ...lost } })
    }

    for (const [author, [one, other]] of forks) {
      this.safeDispatchEvent('fork', { detail: { author, ops: [opOf(one), opOf(other)] } })
    }
  }

  #await (grant: CheckedGrant): void {
    this.#grant = grant
    grant.ops.filter(op => !this.#history.graph.has(op.id)).forEach(op => { this.#intake.waiting.add(op, '') })
  }

  /** The members that an unsettled Grant shows. */
  #shown (): MemberRecord[] {
    return this.#grant == null ? [] : membersOf(this.#grant)
  }
}

/** A kept op, whole. @throws {StorageError} The store does not hold what its id says. */
function opOf ({ id, signed }: Fact): Op {
  return readable(() => {
    const op = decodeOp(signed)

    if (op.id !== id || op.kind === 'UNKNOWN') {
      throw new RangeError('A stored op is not what its id says')
    }

    return op
  })
}

function need <T> (value: T | undefined): T {
  if (value == null) {
    throw new RangeError('A stored log has a gap')
  }

  return value
}
