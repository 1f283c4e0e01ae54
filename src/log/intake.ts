/** What becomes of ops that arrive: verified, then kept, refused for good, waiting for their past, or held for a newer plus-one. */
import { acceptanceHolds, signatureHolds, VERIFY_AT_ONCE } from './check.js'
import { History } from './history.js'
import { decodeOp } from './op.js'
import { Waiting } from './waiting.js'
import type { Void } from './belief.js'
import type { Fact } from './fact.js'
import type { Judged } from './history.js'
import type { AnyOp, MemberKey, Op, OpId, Role, SignedOp, UnknownOp } from './op.js'
import type { AbortOptions } from '@libp2p/interface'

/** Refused ids that are remembered, at most. */
const MAX_REFUSED = 4096

/** Ops held for a newer plus-one, at most, in all and of one author; more come by sync once there is one. */
const MAX_HELD = 1024
const MAX_HELD_BY = 128

/** What one intake changed, to be written and told. */
export interface Taken {
  /** The graph's end before. */
  from: number
  /** What was kept, in order. */
  facts: Map<Fact, Op>
  forgotten: Fact[]
  held: Array<Op | UnknownOp>
  /** Ids that are held no more. */
  freed: OpId[]
  refused: number
  members: Set<MemberKey>
  voids: Map<Fact, Void | undefined>
  forks: Map<MemberKey, [Fact, Fact]>
  /** The history as it was before; the intake goes on with it. */
  undo: (genesis: AnyOp<'GENESIS'>) => History
}

export class Intake {
  readonly waiting = new Waiting()
  readonly held = new Map<OpId, Op | UnknownOp>()
  /** Ids that lie in the store as held. */
  readonly stored = new Set<OpId>()
  readonly #genesis: OpId
  readonly #refused = new Set<OpId>()
  /** ADMITs whose acceptance was found to hold. */
  readonly #accepted = new WeakSet<Op>()
  #history: History

  constructor (genesis: OpId, history: History) {
    this.#genesis = genesis
    this.#history = history
  }

  wanted (): OpId[] {
    return this.waiting.missing(id => this.#history.graph.has(id) || this.held.has(id))
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
    const invites = new Map(ops.flatMap(op => op.kind === 'INVITE' ? [[op.id, op.payload.role]] : []))
    const found: Array<Op | UnknownOp> = []

    let pending: Promise<Array<Op | UnknownOp>> = Promise.resolve([])

    for (let at = 0; at < ops.length; at += VERIFY_AT_ONCE) {
      options?.signal?.throwIfAborted()
      const some = ops.slice(at, at + VERIFY_AT_ONCE)
      // the next are made ready while these are computed
      const next = Promise.all(some.map(async op => this.#holds(op, invites))).then(hold => some.filter((_, i) => hold[i]))
      found.push(...await pending)
      pending = next
    }

    found.push(...await pending)

    return found
  }

  /** Takes in an op of this node's own, which was judged. */
  own (op: Op): Taken {
    const taken = this.#begin(false)
    const judged = this.#history.judge(op)

    if (typeof judged !== 'string') {
      this.#take(op, judged, taken)
    }

    return taken
  }

  /** Takes in all of these, and of what waits, whose past is here; what hangs on a refused op is refused too. */
  async settle (ops: Array<Op | UnknownOp>, from: string, pinned: Op[] = []): Promise<Taken> {
    const taken = this.#begin()

    for (const op of ops) {
      if (!this.#history.graph.has(op.id) && !this.#refused.has(op.id) && !this.held.has(op.id)) {
        this.waiting.add(op, from)
      }
    }

    // by id: what waits was verified, what came again with the same id may not have been
    const queue = [...ops, ...pinned].map(({ id }) => id)

    for (let next = 0; next < queue.length; next++) {
      const op = this.waiting.get(queue[next] ?? '')

      if (op != null && await this.#decide(op, taken)) {
        const children = this.waiting.hangingOn(op.id)
        this.waiting.delete(op.id)
        queue.push(...children.map(({ id }) => id))
      }
    }

    this.waiting.trim()
    pinned.filter(op => !this.#history.graph.has(op.id)).forEach(op => { this.waiting.add(op, '') })

    return taken
  }

  /** Is it known what becomes of this op? */
  async #decide (op: Op | UnknownOp, taken: Taken): Promise<boolean> {
    const { graph } = this.#history

    if (op.parents.some(parent => this.#refused.has(parent))) {
      this.#refuse(op.id, taken)
      return true
    }

    if (!op.parents.every(parent => graph.has(parent) || this.held.has(parent))) {
      return false
    }

    if (op.kind === 'UNKNOWN' || op.parents.some(parent => this.held.has(parent))) {
      this.#hold(op, taken)
      return true
    }

    const judged = this.#history.judge(op)

    if (typeof judged === 'string' || (op.kind === 'ADMIT' && !this.#accepted.has(op) && !await acceptanceHolds(this.#genesis, op, judged.draft.role ?? 'owner'))) {
      this.#refuse(op.id, taken)
    } else if (this.#history.isSurplus(judged) && !this.#isWanted(op)) {
      taken.refused++
    } else {
      this.#take(op, judged, taken)
    }

    return true
  }

  /** @param isRetried - Whether undone ops go back to where they waited; one of this node's own was never sent and is gone */
  #begin (isRetried = true): Taken {
    const before = this.#history
    const from = before.graph.end
    const taken: Taken = {
      from, facts: new Map(), forgotten: [], held: [], freed: [], refused: 0, members: new Set(), voids: new Map(), forks: new Map(),
      undo: (genesis) => {
        this.#history = restored(genesis, before, from, taken)
        taken.facts.forEach(op => isRetried && this.waiting.add(op, ''))
        taken.held.forEach(({ id }) => this.held.delete(id) && this.stored.delete(id))
        taken.freed.forEach(id => this.stored.add(id))

        return this.#history
      }
    }

    return taken
  }

  #take (op: Op, judged: Judged, taken: Taken): void {
    const { graph } = this.#history
    const forked = graph.forks.has(judged.draft.author)
    const { fact, members, voids } = this.#history.take(judged)
    const forgotten = this.#history.prune(fact)
    const [one, other] = graph.forks.get(fact.author) ?? []

    if (!forked && one != null && other != null) {
      taken.forks.set(fact.author, [graph.get(one) as Fact, graph.get(other) as Fact])
    }

    this.#free(fact.id, taken)
    taken.facts.set(fact, op)
    members.forEach(member => taken.members.add(member))
    voids.forEach((lost, other) => taken.voids.set(other, lost))
    forgotten.forEach((gone) => {
      taken.voids.delete(gone)
      taken.facts.delete(gone)
      taken.forgotten.push(gone)
    })
  }

  /** An op of a member, that this plus-one cannot judge, or that hangs on one. */
  #hold (op: Op | UnknownOp, taken: Taken): void {
    const parents = op.parents.filter(id => this.#history.graph.has(id))
    const known = parents.length < op.parents.length || this.#history.isMember(op.author, parents)
    const own = [...this.held.values()].filter(({ author }) => author === op.author).length

    if (!known) {
      this.#refuse(op.id, taken)
    } else if (this.held.size < MAX_HELD && own < MAX_HELD_BY) {
      this.held.set(op.id, op)

      if (!this.stored.has(op.id)) {
        this.stored.add(op.id)
        taken.held.push(op)
      }
    }
  }

  #free (id: OpId, taken: Taken): void {
    if (this.stored.delete(id)) {
      taken.freed.push(id)
    }
  }

  #refuse (id: OpId, taken: Taken): void {
    taken.refused++
    this.#refused.add(id)
    this.#free(id, taken)

    for (const oldest of this.#refused) {
      if (this.#refused.size > MAX_REFUSED) {
        this.#refused.delete(oldest)
      } else {
        break
      }
    }
  }

  /** Does an op of another, who is a member now, hang on this one? */
  #isWanted ({ id, author }: Op): boolean {
    const queue = [id]
    const seen = new Set(queue)

    for (let at = queue.pop(); at != null; at = queue.pop()) {
      for (const child of this.waiting.hangingOn(at)) {
        if (child.author !== author && this.#history.view.seatOf(child.author) != null) {
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

  async #holds (op: Op | UnknownOp, invites: Map<OpId, Role>): Promise<boolean> {
    if (this.#history.graph.has(op.id) || this.waiting.has(op.id) || this.held.has(op.id) || this.#refused.has(op.id)) {
      return true
    }

    if (op.kind !== 'ADMIT') {
      return signatureHolds(this.#genesis, op)
    }

    // where its INVITE is not here yet, the acceptance is checked when it is
    const role = invites.get(op.payload.invite) ?? this.#history.graph.get(op.payload.invite)?.role
    const [signed, accepted] = await Promise.all([signatureHolds(this.#genesis, op), role != null && acceptanceHolds(this.#genesis, op, role)])

    if (accepted) {
      this.#accepted.add(op)
    }

    return signed
  }
}

/** A history as it was: what was there before `from`, and what was forgotten since. */
function restored (genesis: AnyOp<'GENESIS'>, { graph }: History, from: number, { forgotten }: Taken): History {
  const history = new History(genesis)
  const gone = new Map(forgotten.map(fact => [fact.place, fact]))

  for (let place = 1; place < from; place++) {
    const fact = graph.at(place) ?? gone.get(place)
    history.retake(fact == null ? undefined : { ...fact, parents: fact.parents.map(at => (graph.at(at) ?? gone.get(at))?.id ?? '') })
  }

  return history
}
