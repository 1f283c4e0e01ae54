/** The ops that are kept and what they mean, in memory: no signature, no store, no clock. */
import { ProtocolError } from '../errors.js'
import { contains } from './ancestors.js'
import { readable } from './datastore.js'
import { Debts } from './debts.js'
import { Evaluation } from './evaluation.js'
import { Graph } from './graph.js'
import { headingFor, headsWithout } from './heading.js'
import { ADMIN } from './levels.js'
import { decodeStored } from './op.js'
import { judge, standsForMember } from './rules.js'
import { View } from './view.js'
import type { Ancestors } from './ancestors.js'
import type { Draft, Entry } from './entry.js'
import type { Void } from './evaluation.js'
import type { Saying } from './heading.js'
import type { Key, OpId, PersonId } from './kinds.js'
import type { AnyOp, Heading, Op } from './op.js'

/** Evaluations of branches kept at hand. */
const MAX_BRANCHES = 64

/** Ops of one author that are void for good, kept at most; more are kept only where others hang on them. */
export const MAX_LOST = 256

export interface Judged {
  draft: Draft
  past: Ancestors
}

export class History {
  readonly genesis: AnyOp<'GENESIS'>
  readonly graph: Graph
  readonly view: View
  readonly debts = new Debts(this)
  /** By parents. */
  readonly #branches = new Map<string, Evaluation>()

  constructor (genesis: AnyOp<'GENESIS'>) {
    this.genesis = genesis
    this.graph = new Graph(genesis)
    this.view = new View(this.graph)
  }

  /** Judges an op whose parents are here by its own past: a reason to refuse it for good, or what `take` takes. */
  judge (op: Op): Judged | string {
    const parents = op.parents.map(id => this.graph.get(id) as Entry)
    const past = this.graph.ancestorsOf(parents)
    const draft = judge(this.#evaluationOf(parents, past), op)

    return typeof draft === 'string' ? draft : { draft, past }
  }

  /** Keeps an authorised op. */
  take ({ draft, past }: Judged): Entry {
    const entry = this.graph.add(draft, past)
    this.view.take(entry)

    return entry
  }

  /** Would it be one too many of an author that floods, void for good? */
  isSurplus ({ draft: { author, speaker }, past }: Judged): boolean {
    const person = this.graph.person(speaker)
    const isEnded = (isSo: (end: Entry) => boolean): boolean =>
      person?.words.some(words => words.find(word => !contains(past, word) && isSo(word), past.upto, ADMIN) != null) === true ||
      person?.unlinks?.get(author)?.some(unlink => !contains(past, unlink) && isSo(unlink)) === true

    // verdicts come last: for one that is asked for, all that came is judged
    return isEnded(() => true) && this.view.hasLost(speaker, MAX_LOST) && isEnded(end => this.view.inEffect(end))
  }

  /** Did this key stand for a member in the past that an op with these parents has? */
  isMember (author: Key, parents: readonly OpId[]): boolean {
    const entries = parents.map(id => this.graph.get(id) as Entry)

    return standsForMember(this.#evaluationOf(entries, this.graph.ancestorsOf(entries)), author)
  }

  /** Does this key stand for a member now? */
  isMemberNow (key: Key): boolean {
    return standsForMember(this.view, key)
  }

  /** A history of the same ops up to a place, with their effect judged anew. */
  upTo (place: number): History {
    const history = new History(this.genesis)
    const here = (entry: Entry): Entry => history.graph.get(entry.id) as Entry

    for (const entry of this.graph.entries.slice(1, place)) {
      history.view.take(history.graph.add({
        ...entry, parents: entry.parents.map(here), previous: entry.previous && here(entry.previous), invite: entry.invite && here(entry.invite), of: entry.of && here(entry.of)
      }))
    }

    history.view.changes()

    return history
  }

  /** Takes back from the store what was kept before, in the same place. */
  restore (draft: Draft, lost: Void | undefined): void {
    this.view.restore(this.graph.add(draft), lost)
  }

  /**
   * What a new op of this author says beside its payload.
   *
   * @param without - Ops that it is not to rest on, nor on what rests on them
   * @param heads - What it is to rest on
   */
  heading (author: Key, speaker: PersonId | undefined, saying: Saying, most: number, without: readonly OpId[] = [], heads?: Entry[]): Heading {
    return headingFor(this.view, author, speaker, saying, most, without.length === 0 ? heads : headsWithout(this.graph, without))
  }

  /** What was in effect before an op that is here. */
  before ({ parents, ancestors }: Pick<Entry, 'parents' | 'ancestors'>): Evaluation {
    return this.#evaluationOf(parents, ancestors)
  }

  /** The view of a past: of all that is here, or of a branch, which goes on where it was left. */
  #evaluationOf (parents: readonly Entry[], past: Ancestors): Evaluation {
    if (this.graph.coveredBy(parents)) {
      return this.view
    }

    const key = parents.map(({ place }) => place).join()
    const known = this.#branches.get(key) ?? this.#extended(parents) ?? new Evaluation(this.graph, past)
    this.#branches.delete(key)
    this.#branches.set(key, known)

    for (const oldest of this.#branches.keys()) {
      if (this.#branches.size > MAX_BRANCHES) {
        this.#branches.delete(oldest)
      }
    }

    return known
  }

  /** The view of the past of an only parent, and this parent on top. */
  #extended ([parent, ...others]: readonly Entry[]): Evaluation | undefined {
    const key = parent == null || others.length > 0 ? '' : parent.parents.map(({ place }) => place).join()
    const known = this.#branches.get(key)

    if (parent != null && known != null) {
      this.#branches.delete(key)
      known.extend(parent)
    }

    return known
  }
}

/** The same ops, each read from its bytes and judged anew. @throws {ProtocolError} One stands here that its past refuses. @throws {StorageError} One is not what its id says. */
export function judgedAnew ({ genesis, graph }: History): History {
  const history = new History(genesis)

  for (const { id, signed } of graph.entries.slice(1)) {
    const judged = history.judge(readable(() => decodeStored(id, signed)) as Op)

    if (typeof judged === 'string') {
      throw new ProtocolError(`The stored log holds an op that its past refuses (${judged}); join the party again`)
    }

    history.take(judged)
  }

  history.view.changes()

  return history
}
