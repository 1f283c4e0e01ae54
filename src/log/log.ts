/** One party's membership log: ops checked before they are kept, one view, one store. */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { Queue } from '@libp2p/utils'
import { TypedEventEmitter } from 'main-event'
import { NotPermittedError, ProtocolError, StorageError, UnsupportedKeyError } from '../errors.js'
import { acceptanceBytes } from './acceptance.js'
import { verify } from './ed25519.js'
import { checkGrant } from './grant.js'
import { Graph } from './graph.js'
import { decodeOp, encodeOpBody, MAX_PARENTS, opIdOf, signingBytes } from './op.js'
import { LogStore } from './store.js'
import { apply, evaluate, genesisView, refusalOf } from './view.js'
import type { CheckedGrant, Expected, Grant } from './grant.js'
import type { AnyOp, MemberKey, Op, OpId, OpKind, PartyKind, Payloads, SignedOp, UnknownOp } from './op.js'
import type { InviteRecord, MemberRecord, View, VoidReason } from './view.js'
import type { AbortOptions, PrivateKey } from '@libp2p/interface'
import type { Batch, Datastore } from 'interface-datastore'

/** Ops that wait for their past, at most; the oldest give way. */
export const MAX_ORPHANS = 4096

/** Refused ids that are remembered, at most. */
const MAX_REFUSED = 4096

export interface LogInit {
  datastore: Datastore
  /** Ed25519: the member that this node is. */
  privateKey: PrivateKey
}

/** `with` puts more into the op's own batch: all of it is written, or nothing. */
export interface WriteOptions extends AbortOptions {
  with?: (batch: Batch, op: Op) => void
}

export interface Received {
  /** Kept, in the order in which they were. */
  accepted: Op[]
  /** How many were refused for good, or were no ops. */
  refused: number
  /** How many wait for their past. */
  waiting: number
}

export interface LogEvents {
  /** Ops were kept; the view may have changed. */
  'ops': CustomEvent<Op[]>
}

export class MembershipLog extends TypedEventEmitter<LogEvents> {
  /** The id of the GENESIS, hex. */
  readonly key: OpId
  readonly name: string
  readonly kind: PartyKind
  /** This node's member key. */
  readonly self: MemberKey
  readonly #privateKey: PrivateKey
  readonly #store: LogStore
  readonly #writes = new Queue({ concurrency: 1 })
  readonly #waiting = new Map<OpId, Op | UnknownOp>()
  readonly #refused = new Set<OpId>()
  #refusals = 0
  #graph = new Graph()
  #view: View
  #grant: CheckedGrant | undefined

  private constructor ({ datastore, privateKey }: LogInit, genesis: AnyOp<'GENESIS'>) {
    super()
    this.key = genesis.id
    this.name = genesis.payload.name
    this.kind = genesis.payload.kind
    this.self = memberKeyOf(privateKey)
    this.#privateKey = privateKey
    this.#store = new LogStore(datastore, genesis.id)
    this.#graph.add(genesis)
    this.#view = genesisView(genesis)
  }

  /**
   * Begins a party: signs and stores its GENESIS, with this node as owner.
   *
   * @throws {StorageError}
   * @throws {UnsupportedKeyError}
   */
  static async create (init: LogInit, payload: Omit<Payloads['GENESIS'], 'owners'>, options?: AbortOptions): Promise<MembershipLog> {
    const self = memberKeyOf(init.privateKey)
    const body = encodeOpBody('GENESIS', [], self, { ...payload, owners: [self] })
    const signed = { body, sig: await init.privateKey.sign(signingBytes(opIdOf(body), body)) }
    const log = new MembershipLog(init, decodeOp(signed) as AnyOp<'GENESIS'>)
    await log.#store.write(batch => { log.#store.putOp(batch, 0, signed) }, options)

    return log
  }

  /**
   * Opens a stored log. Its ops were verified when they came; what they hash to,
   * and whether they hang together, is checked again.
   *
   * @throws {StorageError} It is not there, or damaged.
   */
  static async open (init: LogInit, key: OpId, options?: AbortOptions): Promise<MembershipLog> {
    const stored = await new LogStore(init.datastore, key).load(options)
    const ops = stored.ops.map(damageChecked)
    const [genesis, ...rest] = ops

    if (genesis?.kind !== 'GENESIS' || genesis.id !== key) {
      throw new StorageError('This node has no such party, or its stored log is damaged; join it again')
    }

    const log = new MembershipLog(init, genesis)

    for (const op of rest) {
      if (op.kind === 'UNKNOWN' || !op.parents.every(parent => log.#graph.has(parent))) {
        throw new StorageError('The stored log is damaged; restore it from a backup, or join again')
      }

      log.#keep(op)
    }

    if (stored.grant != null) {
      log.#await(grantOf(stored.grant))
    }

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
      log.#store.putOp(batch, 0, grant.genesis.signed)
      log.#store.putGrant(batch, { admit: grant.admit.signed, authority: grant.ops.filter(op => op !== grant.admit).map(op => op.signed) })
      options?.with?.(batch, grant.admit)
    }, options)
    log.#await(grant)
    await log.#settle()

    return log
  }

  /** What a Grant shows, its signatures verified. @throws {ProtocolError} */
  static async check (grant: Grant, expected: Expected): Promise<CheckedGrant> {
    return checkGrant(grant, expected)
  }

  get heads (): OpId[] {
    return this.#graph.heads
  }

  get size (): number {
    return this.#graph.size
  }

  /** Is the past of this node's own admission here? */
  get synced (): boolean {
    return this.#grant == null
  }

  /** Does the log hold ops that only a newer plus-one understands? */
  get needsNewer (): boolean {
    return [...this.#waiting.values()].some(op => op.kind === 'UNKNOWN')
  }

  get memberCount (): number {
    return this.#grant == null ? this.#view.members.size : [...this.members()].length
  }

  /** Members now; while the log is not synced, those that the Grant shows. */
  * members (): Iterable<MemberRecord> {
    yield * this.#view.members.values()

    for (const member of this.#shown()) {
      if (!this.#view.members.has(member.key)) {
        yield member
      }
    }
  }

  member (key: MemberKey): MemberRecord | undefined {
    return this.#view.members.get(key) ?? this.#shown().find(member => member.key === key)
  }

  invite (id: OpId): Readonly<InviteRecord> | undefined {
    return this.#view.invites.get(id)
  }

  invites (): Iterable<Readonly<InviteRecord>> {
    return this.#view.invites.values()
  }

  /** Authorised ops that have no effect, and why. */
  voids (): ReadonlyMap<OpId, VoidReason> {
    return this.#view.voids
  }

  get (id: OpId): Op | undefined {
    return this.#graph.get(id)
  }

  /** What is here and not in the past of `heads`, parents first. */
  since (heads: OpId[]): Op[] {
    return this.#graph.since(heads)
  }

  /** Ids that tell another replica about how far this one is: the heads, then ops at doubling distances from them. */
  landmarks (): OpId[] {
    const ops = this.#graph.ops()
    const ids = new Set(this.#graph.heads)

    for (let back = 1; back < ops.length; back *= 2) {
      ids.add(ops[ops.length - 1 - back]?.id ?? this.key)
    }

    return [...ids.add(this.key)]
  }

  /** Who says to have signed an op that waits for its past here. */
  waitingAuthor ({ body }: SignedOp): MemberKey | undefined {
    const op = this.#waiting.get(opIdOf(body))

    return op == null || op.kind === 'UNKNOWN' ? undefined : op.author
  }

  /** The grant that shows a peer, who may not have seen it, that this node is a member. */
  proof (): Grant | undefined {
    const admit = this.#grant?.admit.id ?? this.#view.members.get(this.self)?.admit
    const op = admit == null ? undefined : this.#grant?.admit ?? this.#graph.get(admit)

    if (op?.kind !== 'ADMIT') {
      return undefined
    }

    return { admit: op.signed, authority: this.#grant == null ? this.authority(op.payload.invite) : this.#grant.ops.filter(({ id }) => id !== op.id).map(({ signed }) => signed) }
  }

  /** GENESIS, what made the invite's author an admin, the INVITE: what an ADMIT by it rests on (DESIGN section 5, frame 4). */
  authority (invite: OpId): SignedOp[] {
    const op = this.#graph.get(invite)
    const genesis = this.#graph.get(this.key)

    if (op == null || genesis == null) {
      throw new ProtocolError('This log has no such invitation')
    }

    const admit = this.#graph.get(this.#view.members.get(op.author)?.admit ?? '')
    const seat = admit?.kind === 'ADMIT' ? [this.#graph.get(admit.payload.invite), admit] : []

    return [genesis, ...seat, op].flatMap(part => part == null ? [] : [part.signed])
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

      const body = encodeOpBody(kind, this.heads.sort().slice(0, MAX_PARENTS), this.self, payload)
      const unsigned = decodeOp({ body, sig: new Uint8Array(64) }) as Op
      const refusal = refusalOf(this.#past(unsigned.parents), unsigned)

      if (refusal != null) {
        throw new NotPermittedError(`The party's rules do not permit that (${refusal}); ask an owner or an admin`)
      }

      const op = { ...unsigned, signed: { body, sig: await this.#privateKey.sign(signingBytes(this.key, body)) } }
      await this.#commit(op, options)

      return op
    }, options) as Promise<AnyOp<K>>
  }

  /**
   * Takes ops from elsewhere, in any order: verified before kept, refused by
   * their own past alone, waiting where that is not here yet.
   *
   * @throws {StorageError} Nothing of it was kept.
   */
  async receive (ops: SignedOp[], options?: AbortOptions): Promise<Received> {
    const verified = await Promise.all(ops.map(async signed => this.#verified(signed)))

    return this.#writes.add(async () => {
      const before = this.#refusals
      let refused = 0

      for (const op of verified) {
        if (op == null) {
          refused++
        } else if (!this.#graph.has(op.id) && !this.#refused.has(op.id)) {
          this.#wait(op)
        }
      }

      const accepted = await this.#settle(options)

      return { accepted, refused: refused + this.#refusals - before, waiting: this.#waiting.size }
    }, options) as Promise<Received>
  }

  /** Checks every signature again. @throws {ProtocolError} One does not hold. */
  async verifyAll (options: AbortOptions & { onProgress?: (done: number, all: number) => void } = {}): Promise<void> {
    const ops = this.#graph.ops()

    for (let at = 0; at < ops.length; at += 256) {
      options.signal?.throwIfAborted()
      const held = await Promise.all(ops.slice(at, at + 256).map(async op => await this.#signatureHolds(op) && await this.#acceptanceHolds(op)))

      if (held.includes(false)) {
        throw new ProtocolError('A signature in the stored log does not hold; join the party again')
      }

      options.onProgress?.(Math.min(at + 256, ops.length), ops.length)
    }
  }

  /** An op whose author's signature holds; undefined otherwise, and then nothing of it is remembered. */
  async #verified (signed: SignedOp): Promise<Op | UnknownOp | undefined> {
    try {
      const op = decodeOp(signed)

      // the author of an op that we cannot read is unknown too: it is kept unjudged
      return op.kind === 'UNKNOWN' || this.#graph.has(op.id) || this.#waiting.has(op.id) || await this.#signatureHolds(op) ? op : undefined
    } catch {
      return undefined
    }
  }

  async #signatureHolds (op: Op): Promise<boolean> {
    return verify(hexToBytes(op.author), signingBytes(this.key, op.signed.body), op.signed.sig)
  }

  async #acceptanceHolds (op: Op): Promise<boolean> {
    if (op.kind !== 'ADMIT') {
      return true
    }

    const { invite: id, member, transcript, acceptance } = op.payload
    const invite = this.#graph.get(id)

    return invite?.kind === 'INVITE' && verify(hexToBytes(member), acceptanceBytes({
      genesis: this.key, invite: id, member, inviter: op.author, role: invite.payload.role, transcript
    }), acceptance)
  }

  #wait (op: Op | UnknownOp): void {
    this.#waiting.set(op.id, op)

    if (this.#waiting.size > MAX_ORPHANS) {
      const oldest = [...this.#waiting.keys()].find(id => this.#grant?.ops.every(granted => granted.id !== id) ?? true)
      this.#waiting.delete(oldest ?? op.id)
    }
  }

  #refuse (id: OpId): void {
    this.#waiting.delete(id)
    this.#refused.add(id)
    this.#refusals++

    if (this.#refused.size > MAX_REFUSED) {
      this.#refused.delete([...this.#refused][0] ?? id)
    }
  }

  /** Keeps all that waits and has its past here; what hangs on a refused op is refused too. */
  async #settle (options?: AbortOptions): Promise<Op[]> {
    const kept: Op[] = []

    for (let progress = true; progress;) {
      progress = false

      for (const op of [...this.#waiting.values()]) {
        if (op.parents.some(parent => this.#refused.has(parent))) {
          this.#refuse(op.id)
          progress = true
        } else if (op.kind !== 'UNKNOWN' && op.parents.every(parent => this.#graph.has(parent))) {
          progress = true

          if (refusalOf(this.#past(op.parents), op) != null || !await this.#acceptanceHolds(op)) {
            this.#refuse(op.id)
          } else {
            this.#waiting.delete(op.id)
            this.#keep(op)
            kept.push(op)
          }
        }
      }
    }

    if (kept.length > 0) {
      await this.#persist(kept, options)
    }

    return kept
  }

  /** Writes an op of our own first, then keeps it. */
  async #commit (op: Op, options?: WriteOptions): Promise<void> {
    const place = this.#graph.size

    await this.#store.write((batch) => {
      this.#store.putOp(batch, place, op.signed)
      options?.with?.(batch, op)
    }, options)
    this.#keep(op)
    this.safeDispatchEvent('ops', { detail: [op] })
  }

  /** Writes ops that are kept already; if that fails, they are not. */
  async #persist (ops: Op[], options?: AbortOptions): Promise<void> {
    const place = this.#graph.size - ops.length
    const done = this.#grant != null && this.#graph.has(this.#grant.admit.id)

    try {
      await this.#store.write((batch) => {
        ops.forEach((op, i) => { this.#store.putOp(batch, place + i, op.signed) })

        if (done) {
          this.#store.deleteGrant(batch)
        }
      }, options)
    } catch (err) {
      const before = this.#graph.ops().slice(0, place)
      this.#graph = new Graph()
      before.forEach(op => { this.#graph.add(op) })
      this.#view = evaluate(this.#graph, before)
      ops.forEach(op => { this.#wait(op) })
      throw err
    }

    if (done) {
      this.#grant = undefined
    }

    this.safeDispatchEvent('ops', { detail: ops })
  }

  /** Adds an authorised op to graph and view. */
  #keep (op: Op): void {
    const extending = this.#graph.extendsAll(op.parents)
    this.#graph.add(op)

    if (extending) {
      apply(this.#view, op)
    } else {
      this.#view = evaluate(this.#graph, this.#graph.ops())
    }
  }

  /** The view of these ops' past: the one at hand where that is all there is. */
  #past (parents: OpId[]): View {
    return this.#graph.extendsAll(parents) ? this.#view : evaluate(this.#graph, this.#graph.pastOf(parents))
  }

  #await (grant: CheckedGrant): void {
    this.#grant = grant
    grant.ops.filter(op => !this.#graph.has(op.id)).forEach(op => { this.#waiting.set(op.id, op) })
  }

  /** The members that an unsettled Grant shows: the inviter and this node. */
  #shown (): MemberRecord[] {
    if (this.#grant == null) {
      return []
    }

    const { invite, admit, inviterRole } = this.#grant

    return [
      { key: admit.author, role: inviterRole },
      { key: admit.payload.member, role: invite.payload.role, admit: admit.id, invitedBy: admit.author }
    ]
  }
}

/** The member that a node is. @throws {UnsupportedKeyError} Its key is not Ed25519. */
export function memberKeyOf ({ type, publicKey }: PrivateKey): MemberKey {
  if (type !== 'Ed25519') {
    throw new UnsupportedKeyError()
  }

  return bytesToHex(publicKey.raw)
}

function damageChecked (signed: SignedOp): Op | UnknownOp {
  try {
    return decodeOp(signed)
  } catch (err) {
    throw new StorageError('The stored log is damaged; restore it from a backup, or join again', { cause: err })
  }
}

/** A stored grant, as it was checked before it was stored. */
function grantOf ({ admit, authority }: Grant): CheckedGrant {
  const ops = [...authority, admit].map(damageChecked)
  const own = ops.at(-1)
  const genesis = ops.find(op => op.kind === 'GENESIS')
  const invite = ops.find(op => own?.kind === 'ADMIT' && op.id === own.payload.invite)

  if (own?.kind !== 'ADMIT' || genesis?.kind !== 'GENESIS' || invite?.kind !== 'INVITE') {
    throw new StorageError('The stored grant is damaged; join again')
  }

  return { genesis, invite, admit: own, inviterRole: genesis.payload.owners.includes(own.author) ? 'owner' : 'admin', ops: ops as Op[] }
}
