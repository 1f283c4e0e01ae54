/** A log without rules, in memory: ops with parents and chains, signatures that are hashes, and standings that a test says. */
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { TypedEventEmitter } from 'main-event'
import { decodeStrict, encode } from '../../src/codec/index.js'
import type { ChainTip, FromOptions, Key, OpId, PlacedOp, RecordEntry, RecordSet, RecordSetEvents, Received, SignedOp, Standing, SyncableLog, SyncableLogEvents, SyncOp } from '../../src/sync/index.js'

export interface FakeOp extends PlacedOp {
  parents: OpId[]
  previous: OpId | undefined
  sequence: number
  text: string
}

/** A key for a name. */
export function keyOf (name: string): Key {
  return bytesToHex(sha256(utf8ToBytes(name)))
}

export function opOf (author: Key, parents: OpId[], previous: OpId | undefined, text: string): SignedOp {
  const body = encode([parents.map(hexToBytes), previous == null ? null : hexToBytes(previous), hexToBytes(author), text])

  return { body, sig: sha512(body) }
}

export class FakeLog extends TypedEventEmitter<SyncableLogEvents> implements SyncableLog<FakeOp[]> {
  readonly key: OpId
  readonly self: Key
  readonly ops = new Map<OpId, FakeOp>()
  readonly pending = new Map<OpId, FakeOp>()
  readonly standings = new Map<Key, Standing>()
  /** How often each op came. */
  readonly came = new Map<OpId, number>()
  /** Ops that are lost when they come, once. */
  readonly lose = new Set<OpId>()
  proofs: SignedOp[] = []
  onReceive: () => Promise<void> = async () => {}
  #heads = new Set<OpId>()
  readonly #tips = new Map<Key, Map<OpId, number>>()
  readonly #byChain = new Map<Key, FakeOp[]>()

  constructor (self: string, genesis: SignedOp) {
    super()
    this.self = keyOf(self)
    this.key = bytesToHex(sha256(genesis.body))
    this.#keep(this.#decode(genesis))
  }

  get size (): number { return this.ops.size }
  get heads (): OpId[] { return [...this.#heads].reverse() }
  has (id: OpId): boolean { return this.ops.has(id) }
  * chains (): Iterable<{ author: Key, tips: ChainTip[] }> {
    for (const author of this.#tips.keys()) {
      yield { author, tips: this.chain(author) }
    }
  }

  chain (author: Key): ChainTip[] {
    return [...this.#tips.get(author) ?? []].map(([id, sequence]) => ({ id, sequence })).sort((a, b) => a.id < b.id ? -1 : 1)
  }

  trail (author: Key): OpId[] {
    const ops = this.#byChain.get(author) ?? []
    const ids: OpId[] = []

    for (let back = 1; back < ops.length; back *= 2) {
      ids.push(ops[ops.length - 1 - back]!.id)
    }

    return ids
  }

  since (known: OpId[]): SyncOp[] {
    const past = this.#past(known, op => op.parents)

    return [...this.ops.values()].filter(({ id }) => !past.has(id))
  }

  after (author: Key, tips: OpId[]): PlacedOp[] {
    const past = this.#past(tips, op => op.previous == null ? [] : [op.previous])

    return (this.#byChain.get(author) ?? []).filter(({ id }) => !past.has(id))
  }

  evidence (of: OpId[], known: OpId[]): SyncOp[] {
    const past = this.#past(of, op => op.parents)

    return this.since(known).filter(({ id }) => past.has(id))
  }

  async verify (ops: SignedOp[]): Promise<FakeOp[]> {
    return ops.map(op => this.#decode(op))
  }

  async receive (ops: FakeOp[], _options?: Partial<FromOptions>): Promise<Received> {
    await this.onReceive()
    let refused = 0
    const accepted: FakeOp[] = []

    for (const op of ops) {
      this.came.set(op.id, (this.came.get(op.id) ?? 0) + 1)

      if (this.lose.delete(op.id)) {
        continue
      } else if (bytesToHex(sha512(op.signed.body)) !== bytesToHex(op.signed.sig)) {
        refused++
      } else if (!this.ops.has(op.id)) {
        this.pending.set(op.id, op)
      }
    }

    for (let more = true; more;) {
      more = false

      for (const op of this.pending.values()) {
        if (op.parents.every(id => this.ops.has(id))) {
          this.pending.delete(op.id)
          accepted.push(this.#keep(op))
          more = true
        }
      }
    }

    if (accepted.length > 0) {
      this.safeDispatchEvent('ops', { detail: accepted })
    }

    return { accepted: accepted.length, refused, pending: this.pending.size }
  }

  standingOf (key: Key): Standing {
    return this.standings.get(key) ?? { is: 'stranger' }
  }

  /** Whose ADMIT is among them is a member. */
  async admit (proof: SignedOp[], key: Key): Promise<Standing> {
    const ops = await this.verify(proof)
    await this.receive(ops)

    if (ops.at(-1)?.text === `admit ${key}` && this.standingOf(key).is !== 'void') {
      this.say(key, { is: 'member' })
    }

    return this.standingOf(key)
  }

  proof (): SignedOp[] { return this.proofs }

  /** Signs an op on top of all that is here, or on these parents. */
  async append (author: string, text: string, on: { parents?: OpId[], previous?: OpId } = {}): Promise<FakeOp> {
    const key = keyOf(author)
    const op = opOf(key, on.parents ?? this.heads.slice(0, 16).sort(), on.previous ?? this.#byChain.get(key)?.at(-1)?.id, text)
    const decoded = this.#decode(op)
    await this.receive([decoded])
    this.came.delete(decoded.id)

    return this.ops.get(decoded.id)!
  }

  say (key: Key, standing: Standing): void {
    this.standings.set(key, standing)
    this.safeDispatchEvent('members', { detail: [key] })
  }

  #decode ({ body, sig }: SignedOp): FakeOp {
    const [parents, previous, author, text] = decodeStrict(body, 8192) as [Uint8Array[], Uint8Array | null, Uint8Array, string]

    return {
      id: bytesToHex(sha256(body)), signed: { body, sig }, author: bytesToHex(author), place: -1, sequence: 0, text,
      parents: parents.map(id => bytesToHex(id)), previous: previous == null ? undefined : bytesToHex(previous)
    }
  }

  #keep (op: FakeOp): FakeOp {
    const previous = this.ops.get(op.previous ?? '')
    const kept = { ...op, place: this.ops.size, sequence: previous == null ? 0 : previous.sequence + 1 }
    const tips = this.#tips.get(op.author) ?? new Map<OpId, number>()
    this.ops.set(op.id, kept)
    op.parents.forEach(id => this.#heads.delete(id))
    this.#heads.add(op.id)
    tips.delete(op.previous ?? '')
    tips.set(op.id, kept.sequence)
    this.#tips.set(op.author, tips)
    const chain = this.#byChain.get(op.author) ?? []
    chain.push(kept)
    this.#byChain.set(op.author, chain)

    return kept
  }

  #past (ids: OpId[], back: (op: FakeOp) => OpId[]): Set<OpId> {
    const past = new Set<OpId>()

    for (const todo = [...ids]; todo.length > 0;) {
      const op = this.ops.get(todo.pop()!)

      if (op != null && !past.has(op.id)) {
        past.add(op.id)
        todo.push(...back(op))
      }
    }

    return past
  }
}

/** Records of key, sequence number and text; of those alone whom the test lets stand. */
export class FakeRecords extends TypedEventEmitter<RecordSetEvents> implements RecordSet {
  readonly number = 1
  readonly records = new Map<Key, { entry: RecordEntry, record: Uint8Array }>()
  readonly came = new Map<string, number>()
  /** May this key's record be kept? */
  stands: (key: Key) => boolean = () => true

  entries (): Iterable<RecordEntry> {
    return [...this.records.values()].map(({ entry }) => entry)
  }

  async get (key: Key): Promise<Uint8Array | undefined> {
    return this.records.get(key)?.record
  }

  async keep (records: Uint8Array[]): Promise<{ kept: number, refused: number, early: number }> {
    const changed: RecordEntry[] = []
    let early = 0

    for (const record of records) {
      const [key, sequence] = decodeStrict(record, 8192) as [Uint8Array, number, string]
      const entry = { key: bytesToHex(key), sequence, id: bytesToHex(sha256(record)).slice(0, 32) }
      const mine = this.records.get(entry.key)?.entry
      this.came.set(entry.id, (this.came.get(entry.id) ?? 0) + 1)

      if (!this.stands(entry.key)) {
        early++
        continue
      }

      if (mine == null || mine.sequence < sequence || (mine.sequence === sequence && mine.id < entry.id)) {
        this.records.set(entry.key, { entry, record })
        changed.push(entry)
      }
    }

    if (changed.length > 0) {
      this.safeDispatchEvent('records', { detail: { changed, gone: [] } })
    }

    return { kept: changed.length, refused: 0, early }
  }

  async put (name: string, sequence: number, text = ''): Promise<void> {
    const record = encode([hexToBytes(keyOf(name)), sequence, text])
    await this.keep([record])
    this.came.clear()
  }
}
