/** The hash DAG: who is in whose past, what the heads are, what another replica lacks. */
import { contains, EMPTY, gaps, union } from './past.js'
import type { Draft, Fact } from './fact.js'
import type { MemberKey, OpId, Role } from './op.js'
import type { Past } from './past.js'

const NONE: readonly Fact[] = []

export class Graph {
  readonly owners: ReadonlySet<MemberKey>
  /** In a contact, both are owners. */
  readonly isContact: boolean
  readonly #byId = new Map<OpId, Fact>()
  /** A hole where an op was forgotten. */
  readonly #facts: Array<Fact | undefined> = []
  readonly #heads = new Map<OpId, Fact>()
  readonly #about = new Map<MemberKey, Fact[]>()
  readonly #by = new Map<MemberKey, Fact[]>()
  readonly #admits = new Map<OpId, Fact[]>()
  readonly #revokes = new Map<OpId, Fact[]>()
  /** Of each author, the ops that are in no later one's past: an honest one has one. */
  readonly #tips = new Map<MemberKey, Fact[]>()
  readonly #forks = new Map<MemberKey, [OpId, OpId]>()

  constructor (owners: Iterable<MemberKey>, isContact: boolean) {
    this.owners = new Set(owners)
    this.isContact = isContact
  }

  /** Places taken, holes too. */
  get end (): number {
    return this.#facts.length
  }

  get size (): number {
    return this.#byId.size
  }

  /** Ops that no other names as parent. */
  get heads (): Iterable<Fact> {
    return this.#heads.values()
  }

  has (id: OpId): boolean {
    return this.#byId.has(id)
  }

  get (id: OpId): Fact | undefined {
    return this.#byId.get(id)
  }

  at (place: number): Fact | undefined {
    return this.#facts[place]
  }

  /** All ops, parents first. */
  * facts (): Iterable<Fact> {
    for (const fact of this.#facts) {
      if (fact != null) {
        yield fact
      }
    }
  }

  /** ADMIT, SET_ROLE, REMOVE, LEAVE and READOPT of a member, parents first. */
  about (member: MemberKey): readonly Fact[] {
    return this.#about.get(member) ?? NONE
  }

  /** What a member wrote, parents first. */
  by (author: MemberKey): readonly Fact[] {
    return this.#by.get(author) ?? NONE
  }

  /** ADMITs of an INVITE, parents first; in a contact, which has one use in all, of every INVITE. */
  admitsOf (invite: Fact): readonly Fact[] {
    return this.#admits.get(this.isContact ? '' : invite.id) ?? NONE
  }

  revokesOf (invite: Fact): readonly Fact[] {
    return this.#revokes.get(invite.id) ?? NONE
  }

  /** Authors with two ops beside each other, and the first two seen here: who signed them forked its own chain. */
  get forks (): ReadonlyMap<MemberKey, [OpId, OpId]> {
    return this.#forks
  }

  tipsOf (author: MemberKey): readonly Fact[] {
    return this.#tips.get(author) ?? NONE
  }

  isOwner (author: MemberKey): boolean {
    return this.isContact || this.owners.has(author)
  }

  /** The past that an op with these parents has; all of them are here. */
  pastOf (parents: readonly OpId[]): Past {
    const only = parents.length === 1 ? this.#need(parents[0] ?? '') : undefined

    // a straight history
    if (only != null && only.past.upto === only.place && only.past.more.length === 0) {
      return { upto: only.place + 1, more: only.past.more }
    }

    return union(parents.map(id => this.#need(id)), place => this.#facts[place] === undefined)
  }

  /** This past and one op on top of it. */
  onTop (past: Past, { place }: Fact): Past {
    return union([{ place, past }], at => this.#facts[at] === undefined)
  }

  /** Would an op with these parents have everything else in its past? */
  extendsAll (parents: readonly OpId[]): boolean {
    return parents.length === this.#heads.size && parents.every(parent => this.#heads.has(parent))
  }

  /** Adds an op whose parents are here. */
  add (draft: Draft, past: Past = this.pastOf(draft.parents)): Fact {
    const parents: number[] = []
    let depth = 0

    for (const id of draft.parents) {
      const parent = this.#need(id)
      parents.push(parent.place)
      depth = Math.max(depth, parent.depth + 1)
      this.#heads.delete(id)
    }

    // each field named, so that all facts have one shape: a log has many
    const fact: Fact = {
      id: draft.id,
      kind: draft.kind,
      author: draft.author,
      place: this.#facts.length,
      parents,
      depth,
      past: parents.length === 0 ? EMPTY : past,
      signed: draft.signed,
      member: draft.member,
      role: draft.role,
      invite: draft.invite,
      of: draft.of,
      terms: draft.terms,
      after: draft.after
    }

    this.#facts.push(fact)
    this.#byId.set(fact.id, fact)
    this.#heads.set(fact.id, fact)
    this.#tip(fact)
    this.#index(fact, (index, key) => {
      const list = index.get(key)

      if (list == null) {
        index.set(key, [fact])
      } else {
        list.push(fact)
      }
    })

    return fact
  }

  /** Leaves a place empty, as where an op was forgotten. */
  skip (): void {
    this.#facts.push(undefined)
  }

  /** Takes out an op that nothing hangs on. */
  forget (fact: Fact): void {
    this.#tips.set(fact.author, (this.#tips.get(fact.author) ?? []).filter(tip => tip !== fact))
    this.#facts[fact.place] = undefined
    this.#byId.delete(fact.id)
    this.#heads.delete(fact.id)

    this.#index(fact, (index, key) => { index.set(key, (index.get(key) ?? []).filter(other => other !== fact)) })

    // its parents may be heads again: where nothing else names them
    for (const place of fact.parents) {
      const parent = this.#facts[place]

      if (parent != null && !this.#hasChild(parent)) {
        this.#heads.set(parent.id, parent)
      }
    }
  }

  isHead ({ id }: Fact): boolean {
    return this.#heads.has(id)
  }

  /** What is here and not in the past of `heads`, parents first; heads that are not here are ahead of us. Costs what it finds. */
  * since (heads: readonly OpId[]): Iterable<Fact> {
    const known = this.pastOf(heads.filter(id => this.#byId.has(id)))

    for (const place of gaps(known, this.end)) {
      const fact = this.#facts[place]

      if (fact != null) {
        yield fact
      }
    }
  }

  #tip (fact: Fact): void {
    const tips = this.#tips.get(fact.author)

    if (tips == null) {
      this.#tips.set(fact.author, [fact])
      return
    }

    if (tips.length === 1 && tips[0] != null && isBefore(tips[0], fact)) {
      tips[0] = fact
      return
    }

    const left = tips.filter(tip => !isBefore(tip, fact))
    this.#tips.set(fact.author, [...left, fact])

    if (left[0] != null && !this.#forks.has(fact.author)) {
      this.#forks.set(fact.author, [left[0].id, fact.id])
    }
  }

  #index ({ kind, author, member, invite }: Fact, visit: (index: Map<string, Fact[]>, key: string) => void): void {
    visit(this.#by, author)

    if (member != null) {
      visit(this.#about, member)
    }

    if (invite != null && kind === 'ADMIT') {
      visit(this.#admits, this.isContact ? '' : invite.id)
    }

    if (invite != null && kind === 'REVOKE') {
      visit(this.#revokes, invite.id)
    }
  }

  #hasChild (parent: Fact): boolean {
    for (let place = parent.place + 1; place < this.end; place++) {
      if (this.#facts[place]?.parents.includes(parent.place) === true) {
        return true
      }
    }

    return false
  }

  #need (id: OpId): Fact {
    const fact = this.#byId.get(id)

    if (fact == null) {
      throw new Error(`Op ${id} is not in this graph; add its past first`)
    }

    return fact
  }
}

/** Is `a` in the past of `b`? */
export function isBefore (a: Fact, b: Fact): boolean {
  return contains(b.past, a.place)
}

/** Is neither in the other's past? */
export function areBeside (a: Fact, b: Fact): boolean {
  return a !== b && !isBefore(a, b) && !isBefore(b, a)
}

/** Lower is more. */
const RANKS: Record<Role, number> = { owner: 0, admin: 1, writer: 2, reader: 3 }

export function rankOf (role: Role): number {
  return RANKS[role]
}
