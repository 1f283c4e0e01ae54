/** Ops whose past is not here yet: verified, bounded by bytes in all and from each source. */
import type { OpId } from './kinds.js'
import type { Op, UnknownOp } from './op.js'

/** Bytes of pending ops, at most; the oldest give way, and sync brings them again. */
export const MAX_PENDING = 4 * 1024 * 1024

/** Bytes of pending ops from one source, at most. */
export const MAX_PENDING_FROM = 1024 * 1024

/** What an op takes beside its bytes, about. */
const OVERHEAD = 512

interface Pending {
  op: Op | UnknownOp
  from: string
  bytes: number
}

export class PendingOps {
  readonly #entries = new Map<OpId, Pending>()
  readonly #children = new Map<OpId, Set<OpId>>()
  readonly #bytes = new Map<string, number>()
  #total = 0
  #over = 0

  get size (): number {
    return this.#entries.size
  }

  has (id: OpId): boolean {
    return this.#entries.has(id)
  }

  get (id: OpId): Op | UnknownOp | undefined {
    return this.#entries.get(id)?.op
  }

  /** Ops that name this one as parent. */
  hangingOn (id: OpId): Array<Op | UnknownOp> {
    return [...this.#children.get(id) ?? []].flatMap(child => this.#entries.get(child)?.op ?? [])
  }

  /** Parents that are neither here nor waiting. */
  missing (isHere: (id: OpId) => boolean): OpId[] {
    return [...this.#children.keys()].filter(id => !this.#entries.has(id) && !isHere(id))
  }

  /** @param from - Whom it came from: what one source can leave here is capped */
  add (op: Op | UnknownOp, from: string): void {
    if (this.#entries.has(op.id)) {
      return
    }

    const bytes = op.signed.body.length + op.signed.sig.length + OVERHEAD
    this.#entries.set(op.id, { op, from, bytes })
    this.#count(from, bytes)

    for (const parent of op.parents) {
      this.#children.set(parent, (this.#children.get(parent) ?? new Set()).add(op.id))
    }
  }

  delete (id: OpId): void {
    const entry = this.#entries.get(id)

    if (entry == null) {
      return
    }

    this.#entries.delete(id)
    this.#count(entry.from, -entry.bytes)

    for (const parent of entry.op.parents) {
      const siblings = this.#children.get(parent)
      siblings?.delete(id)

      if (siblings?.size === 0) {
        this.#children.delete(parent)
      }
    }
  }

  /** Lets the oldest go until the caps hold. */
  trim (): void {
    for (const [id, { from }] of this.#entries) {
      if (this.#total <= MAX_PENDING && this.#over === 0) {
        return
      }

      if (this.#total > MAX_PENDING || (this.#bytes.get(from) ?? 0) > MAX_PENDING_FROM) {
        this.delete(id)
      }
    }
  }

  /** Counts a source's bytes, and how many sources have too many. */
  #count (from: string, bytes: number): void {
    const before = this.#bytes.get(from) ?? 0
    const after = before + bytes
    this.#total += bytes
    this.#over += Number(after > MAX_PENDING_FROM) - Number(before > MAX_PENDING_FROM)

    if (after > 0) {
      this.#bytes.set(from, after)
    } else {
      this.#bytes.delete(from)
    }
  }
}
