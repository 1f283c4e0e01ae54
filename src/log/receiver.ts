/** What becomes of ops that arrive: verified, then kept, refused for good, pending until their past is here, or held for a newer plus-one. */
import { decodeOp, personIdOf } from './op.js'
import { PendingOps } from './pending.js'
import { Signatures } from './signatures.js'
import { VERIFY_AT_ONCE } from './verify.js'
import type { Entry } from './entry.js'
import type { Void } from './evaluation.js'
import type { History, Judged } from './history.js'
import type { Key, OpId, PersonId } from './kinds.js'
import type { Op, SignedOp, UnknownOp } from './op.js'
import type { Membership } from './standing.js'
import type { AbortOptions } from '@libp2p/interface'

/** Refused ids that are remembered, at most. */
const MAX_REFUSED = 4096

/** Ops held for a newer plus-one, at most, in all and of one author, or of all whom the log does not name; more come by sync once there is one. */
const MAX_HELD = 1024
const MAX_HELD_BY = 128

/** What ops that were taken in changed, to be written and told. */
export interface Settled {
  /** The graph's end before. */
  from: number
  /** What was kept, in order. */
  entries: Map<Entry, Op>
  held: Array<Op | UnknownOp>
  /** Ids that are held no more. */
  freed: OpId[]
  refused: number
  members: Map<PersonId, Membership | undefined>
  voids: Map<Entry, Void | undefined>
  forks: Map<Key, [Entry, Entry]>
  /** The history as it was before; the receiver goes on with it. */
  undo: () => History
}

export class OpReceiver {
  readonly pending = new PendingOps()
  readonly held = new Map<OpId, Op | UnknownOp>()
  /** Ids that lie in the store as held. */
  readonly stored = new Set<OpId>()
  readonly #refused = new Set<OpId>()
  readonly #signatures = new Signatures()
  #history: History

  constructor (history: History) {
    this.#history = history
  }

  /** Ids of ops that pending ones wait for. */
  wanted (): OpId[] {
    return this.pending.missing(id => this.#history.graph.has(id) || this.held.has(id))
  }

  /** Those that are ops whose signatures hold; nothing is remembered of the rest. */
  async verified (all: SignedOp[], options?: AbortOptions): Promise<Array<Op | UnknownOp>> {
    const ops = all.flatMap((signed) => {
      try {
        return [decodeOp(signed)]
      } catch {
        return []
      }
    })
    const beside = new Map(ops.map(op => [op.id, op]))
    const firsts = new Map(ops.flatMap(op => op.kind === 'ADMIT' ? [[op.payload.first, personIdOf(op.payload.first, op.payload.recovery)]] : []))
    const found: Array<Op | UnknownOp> = []

    let next: Promise<Array<Op | UnknownOp>> = Promise.resolve([])

    for (let at = 0; at < ops.length; at += VERIFY_AT_ONCE) {
      options?.signal?.throwIfAborted()
      const some = ops.slice(at, at + VERIFY_AT_ONCE)
      // the next are made ready while these are computed
      const ready = Promise.all(some.map(async op => this.#isKnown(op.id) || this.pending.has(op.id) || this.#signatures.hold(this.#history, op, beside, firsts))).then(hold => some.filter((_, i) => hold[i]))
      found.push(...await next)
      next = ready
    }

    found.push(...await next)

    return found
  }

  /** Takes in an op of this node's own. @param judged - Where it stands, before it was signed @param settled - Of another, behind which it is, in the same batch */
  own (op: Op, { draft, past }: Judged, settled = this.#begin(false)): Settled {
    this.#take(op, { draft: { ...draft, id: op.id, signed: op.signed }, past }, settled)

    return this.#finish(settled)
  }

  /** Takes in all of these, and of what is pending, whose past is here; what hangs on a refused op is refused too. */
  async settle (ops: Array<Op | UnknownOp>, from: string, pinned: Op[] = []): Promise<Settled> {
    const settled = this.#begin()

    for (const op of ops) {
      if (!this.#isKnown(op.id)) {
        this.pending.add(op, from)
      }
    }

    // by id: what is pending was verified, what came again with the same id may not have been
    const queue = [...ops, ...pinned].map(({ id }) => id)

    for (let next = 0; next < queue.length; next++) {
      const op = this.pending.get(queue[next] ?? '')

      if (op != null && await this.#decide(op, settled)) {
        const children = this.pending.hangingOn(op.id)
        this.pending.delete(op.id)
        queue.push(...children.map(({ id }) => id))
      }
    }

    this.pending.trim()
    pinned.filter(op => !this.#history.graph.has(op.id)).forEach(op => { this.pending.add(op, '') })

    return this.#finish(settled)
  }

  /** Is it known what becomes of this op? */
  async #decide (op: Op | UnknownOp, settled: Settled): Promise<boolean> {
    const { graph } = this.#history

    if (op.parents.some(parent => this.#refused.has(parent))) {
      this.#refuse(op.id, settled)
      return true
    }

    if (!op.parents.every(parent => graph.has(parent) || this.held.has(parent))) {
      return false
    }

    if (op.kind === 'UNKNOWN' || op.parents.some(parent => this.held.has(parent))) {
      this.#hold(op, settled)
      return true
    }

    const judged = this.#history.judge(op)

    if (typeof judged === 'string' || !await this.#signatures.isAccepted(this.#history, op, judged.draft)) {
      this.#refuse(op.id, settled)
    } else if (this.#history.isSurplus(judged) && !this.#isWanted(op)) {
      settled.refused++
    } else {
      this.#take(op, judged, settled)
    }

    return true
  }

  /** @param isRetried - Whether undone ops are pending again; one of this node's own was never sent and is gone */
  #begin (isRetried = true): Settled {
    const before = this.#history
    const from = before.graph.end
    const settled: Settled = {
      from, entries: new Map(), held: [], freed: [], refused: 0, members: new Map(), voids: new Map(), forks: new Map(),
      undo: () => {
        this.#history = before.upTo(from)
        settled.entries.forEach(op => isRetried && this.pending.add(op, ''))
        settled.held.forEach(({ id }) => this.held.delete(id) && this.stored.delete(id))
        settled.freed.forEach(id => this.stored.add(id))

        return this.#history
      }
    }

    return settled
  }

  #finish (settled: Settled): Settled {
    const { members, voids } = this.#history.view.changes()

    return { ...settled, members: new Map([...settled.members, ...members]), voids: new Map([...settled.voids, ...voids]) }
  }

  #take (op: Op, judged: Judged, settled: Settled): void {
    const { graph } = this.#history
    const hadForked = graph.chains.forks.has(judged.draft.author)
    const entry = this.#history.take(judged)
    const [one, other] = graph.chains.forks.get(entry.author) ?? []

    if (!hadForked && one != null && other != null) {
      settled.forks.set(entry.author, [graph.get(one) as Entry, graph.get(other) as Entry])
    }

    this.#free(entry.id, settled)
    settled.entries.set(entry, op)
  }

  /** An op of a member, that this plus-one cannot judge, or that hangs on one. */
  #hold (op: Op | UnknownOp, settled: Settled): void {
    const parents = op.parents.filter(id => this.#history.graph.has(id))
    const known = parents.length < op.parents.length || this.#history.isMember(op.author, parents)
    const from = this.#sourceOf(op)
    const own = [...this.held.values()].filter(other => this.#sourceOf(other) === from).length

    if (!known) {
      this.#refuse(op.id, settled)
    } else if (this.held.size < MAX_HELD && own < MAX_HELD_BY) {
      this.held.set(op.id, op)

      if (!this.stored.has(op.id)) {
        this.stored.add(op.id)
        settled.held.push(op)
      }
    }
  }

  /** Whom an op that is held counts for: keys cost nothing, and one whom the log does not name may hang on what is held. */
  #sourceOf ({ author }: Op | UnknownOp): Key | undefined {
    return this.#history.graph.personsOf(author).size === 0 ? undefined : author
  }

  #free (id: OpId, settled: Settled): void {
    if (this.stored.delete(id)) {
      settled.freed.push(id)
    }
  }

  #refuse (id: OpId, settled: Settled): void {
    settled.refused++
    this.#refused.add(id)
    this.#free(id, settled)

    for (const oldest of this.#refused) {
      if (this.#refused.size > MAX_REFUSED) {
        this.#refused.delete(oldest)
      } else {
        break
      }
    }
  }

  #isKnown (id: OpId): boolean {
    return this.#history.graph.has(id) || this.held.has(id) || this.#refused.has(id)
  }

  /** Does an op of another, who is a member now, hang on this one? */
  #isWanted ({ id, author }: Op): boolean {
    const queue = [id]
    const seen = new Set(queue)

    for (let at = queue.pop(); at != null; at = queue.pop()) {
      for (const child of this.pending.hangingOn(at)) {
        if (child.author !== author && this.#history.isMemberNow(child.author)) {
          return true
        }

        if (!seen.has(child.id)) {
          seen.add(child.id)
          queue.push(child.id)
        }
      }
    }

    return false
  }
}
