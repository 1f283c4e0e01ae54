/** Ops that only a newer plus-one can judge, as records beside the log: so they are handed on by replicas that do not understand them. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { TypedEventEmitter } from 'main-event'
import { decodeStrict, encode } from '../codec/index.js'
import { HELD, MAX_ITEM } from './constants.js'
import type { FromOptions, OpId, RecordEntry, RecordSet, RecordSetEvents, SignedOp } from './interface.js'
import type { MembershipLog } from '../log/index.js'

export class HeldOps extends TypedEventEmitter<RecordSetEvents> implements RecordSet {
  readonly number = HELD
  readonly #log: MembershipLog

  /** @param signal - Ends it */
  constructor (log: MembershipLog, signal: AbortSignal) {
    super()
    this.#log = log
    log.addEventListener('held', ({ detail }) => {
      this.safeDispatchEvent('records', { detail: { changed: detail.flatMap(id => this.#entries(id)), gone: [] } })
    }, { signal })
  }

  * entries (): Iterable<RecordEntry> {
    for (const id of this.#log.held()) {
      yield * this.#entries(id)
    }
  }

  async get (id: OpId): Promise<Uint8Array | undefined> {
    const op = this.#log.heldOp(id)

    return op == null ? undefined : recordOf(op)
  }

  /** Judged as any op, where this plus-one can; else held, as far as the log's caps go. */
  async keep (records: Uint8Array[], options: FromOptions): Promise<{ kept: number, refused: number }> {
    const ops = records.flatMap(record => opIn(record) ?? [])
    const { accepted, refused } = await this.#log.receive(ops, options)

    return { kept: accepted.length, refused: refused + records.length - ops.length }
  }

  #entries (id: OpId): RecordEntry[] {
    const op = this.#log.heldOp(id)

    return op == null ? [] : [{ key: id, sequence: 0, id: bytesToHex(sha256(recordOf(op)).subarray(0, 16)) }]
  }
}

function recordOf ({ body, sig }: SignedOp): Uint8Array {
  return encode([body, sig])
}

function opIn (record: Uint8Array): SignedOp | undefined {
  try {
    const [body, sig] = decodeStrict(record, MAX_ITEM) as unknown[]

    return body instanceof Uint8Array && sig instanceof Uint8Array ? { body, sig } : undefined
  } catch {
    return undefined
  }
}
