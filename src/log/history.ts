/** The ops that are kept and what they mean, in memory: no signature, no store, no clock. */
import { Belief } from './belief.js'
import { Graph, isBefore, rankOf } from './graph.js'
import { contains } from './past.js'
import { draftOf, refusalOf } from './rules.js'
import { View } from './view.js'
import type { Void } from './belief.js'
import type { Draft, Fact } from './fact.js'
import type { AnyOp, MemberKey, Op, OpId, PartyKind } from './op.js'
import type { Past } from './past.js'
import type { Change } from './view.js'

/** Views of branches kept at hand. */
const MAX_BRANCHES = 8

/** Ops of one author that are void for good, kept at most; more are kept only where others hang on them. */
export const MAX_LOST = 256

/** LEAVEs of one grant, kept at most. */
export const MAX_LEAVES = 16

export interface Judged {
  draft: Draft
  past: Past
  belief: Belief
}

export class History {
  readonly kind: PartyKind
  readonly graph: Graph
  readonly view: View
  readonly #branches = new Map<string, Belief>()

  constructor ({ id, author, payload, signed }: AnyOp<'GENESIS'>) {
    this.kind = payload.kind
    this.graph = new Graph(payload.owners, payload.kind === 'contact')
    this.graph.add({ id, kind: 'GENESIS', author, parents: [], signed })
    this.view = new View(this.graph)
  }

  /** Rule 1, for an op whose parents are here: a reason to refuse it for good, or what `take` takes. */
  judge (op: Op): Judged | string {
    const past = this.graph.pastOf(op.parents)
    const belief = this.#pastOf(op.parents, past)
    const draft = draftOf(this.graph, belief, op)

    if (draft == null) {
      return 'it names an op that is not in its past'
    }

    return refusalOf(belief, this.kind, draft) ?? { draft, past, belief }
  }

  /** Keeps an authorised op. */
  take ({ draft, past, belief }: Judged): Change & { fact: Fact } {
    const extending = this.graph.extendsAll(draft.parents)
    const fact = this.graph.add(draft, past)
    const change = this.view.take(fact, extending)

    if (belief !== this.view) {
      belief.extend(fact)
      this.#remember(fact.id, belief)
    }

    return { ...change, fact }
  }

  /** Would it be one too many of an author that floods: void for good, or a LEAVE that others outdo? */
  isSurplus ({ draft: { id, kind, author, of }, past }: Judged): boolean {
    if (kind === 'LEAVE') {
      const same = this.#leaves(author, of)

      return same.length >= MAX_LEAVES && same.some(other => other.id < id)
    }

    const retired = this.graph.about(author).some(word => this.graph.isOwner(word.author) && !contains(past, word.place) &&
      (word.kind === 'REMOVE' || (word.kind === 'SET_ROLE' && rankOf(word.role ?? 'owner') > rankOf('admin'))))

    return retired && this.graph.by(author).filter(fact => this.view.voidOf(fact) != null).length >= MAX_LOST
  }

  /** Forgets LEAVEs beyond the cap that nothing hangs on; the lowest id counts, so that all replicas keep the same one. */
  prune ({ kind, author, of }: Fact): Fact[] {
    const leaves = kind === 'LEAVE' ? this.#leaves(author, of) : []
    const idle = leaves.filter(fact => this.view.voidOf(fact) != null && this.graph.isHead(fact)).sort((a, b) => a.id < b.id ? 1 : -1)
    const gone = idle.slice(0, Math.max(0, leaves.length - MAX_LEAVES))

    for (const fact of gone) {
      this.graph.forget(fact)
      this.view.forget(fact)
      this.#branches.clear()
    }

    return gone
  }

  /** Was this author a member in the past that an op with these parents has? */
  isMember (author: MemberKey, parents: readonly OpId[]): boolean {
    return this.#pastOf(parents, this.graph.pastOf(parents)).seatOf(author) != null
  }

  /** Takes what was kept before, in the same place, and judges its effect anew. */
  retake (draft: Draft | undefined): void {
    if (draft == null) {
      this.graph.skip()
    } else {
      const extending = this.graph.extendsAll(draft.parents)
      this.view.take(this.graph.add(refer(this.graph, draft)), extending)
    }
  }

  /** Takes back from the store what was kept before, in the same places. */
  restore (draft: Draft | undefined, lost: Void | undefined): void {
    if (draft == null) {
      this.graph.skip()
    } else {
      this.view.restore(this.graph.add(draft), lost)
    }
  }

  /** Parents for a new op of this author: its own newest, then what counts, then the rest. */
  parents (author: MemberKey, most: number): OpId[] {
    const own = this.graph.tipsOf(author)
    const worth = (fact: Fact): number => own.some(tip => tip === fact || isBefore(tip, fact)) ? 2 : this.view.voidOf(fact) == null ? 1 : 0

    const heads = [...this.graph.heads]
    const chosen = heads.length <= most ? heads : heads.sort((a, b) => worth(b) - worth(a) || b.place - a.place).slice(0, most)

    return chosen.map(({ id }) => id).sort()
  }

  #leaves (author: MemberKey, of: Fact | undefined): Fact[] {
    return this.graph.about(author).filter(fact => fact.kind === 'LEAVE' && fact.of === of)
  }

  #pastOf (parents: readonly OpId[], past: Past): Belief {
    return this.graph.extendsAll(parents) ? this.view : this.#branches.get(parents.join()) ?? new Belief(this.graph, past)
  }

  /** A branch's view goes on with its newest op; the branch used longest ago gives way. */
  #remember (head: OpId, belief: Belief): void {
    for (const [other, known] of this.#branches) {
      if (known === belief) {
        this.#branches.delete(other)
      }
    }

    this.#branches.set(head, belief)

    for (const oldest of this.#branches.keys()) {
      if (this.#branches.size > MAX_BRANCHES) {
        this.#branches.delete(oldest)
      }
    }
  }
}

/** The same draft, its references in another graph. */
function refer (graph: Graph, { invite, of, ...draft }: Draft): Draft {
  return { ...draft, ...(invite == null ? {} : { invite: graph.get(invite.id) }), ...(of == null ? {} : { of: graph.get(of.id) }) }
}
