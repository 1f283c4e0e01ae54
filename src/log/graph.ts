/** The hash DAG: who is whose ancestor, what the heads are, what another replica lacks. */
import type { Op, OpId } from './op.js'

/** Ops in an order in which every op follows its parents; a place in it is a number that only grows. */
export class Graph {
  readonly #places = new Map<OpId, number>()
  readonly #ops: Op[] = []
  readonly #heads = new Set<OpId>()

  get size (): number {
    return this.#ops.length
  }

  /** Ops that no other names as parent. */
  get heads (): OpId[] {
    return [...this.#heads]
  }

  has (id: OpId): boolean {
    return this.#places.has(id)
  }

  get (id: OpId): Op | undefined {
    const place = this.#places.get(id)

    return place == null ? undefined : this.#ops[place]
  }

  /** All ops, parents first. */
  ops (): readonly Op[] {
    return this.#ops
  }

  /** Adds an op whose parents are here. */
  add (op: Op): void {
    this.#places.set(op.id, this.#ops.length)
    this.#ops.push(op)
    op.parents.forEach(parent => this.#heads.delete(parent))
    this.#heads.add(op.id)
  }

  /** Would this op have everything else in its past? */
  extendsAll (parents: OpId[]): boolean {
    return parents.length === this.#heads.size && parents.every(parent => this.#heads.has(parent))
  }

  /** Is `a` in the past of `b`? */
  isAncestor (a: OpId, b: OpId): boolean {
    const goal = this.#place(a)
    const seen = new Set<number>()
    const queue = [this.#place(b)]

    for (let place = queue.pop(); place != null; place = queue.pop()) {
      for (const parent of this.#ops[place]?.parents ?? []) {
        const at = this.#place(parent)

        if (at === goal) {
          return true
        }

        if (at > goal && !seen.has(at)) {
          seen.add(at)
          queue.push(at)
        }
      }
    }

    return false
  }

  /** Is neither in the other's past? */
  areBeside (a: OpId, b: OpId): boolean {
    return a !== b && !this.isAncestor(a, b) && !this.isAncestor(b, a)
  }

  /** These ops and all that is in their past, parents first. */
  pastOf (ids: OpId[]): Op[] {
    return this.#collect(ids, [])
  }

  /** What is here and not in the past of `heads`, parents first; heads that are not here are ahead of us. Costs what it finds. */
  since (heads: OpId[]): Op[] {
    return this.#collect(this.heads, heads.filter(id => this.has(id)))
  }

  #collect (wanted: OpId[], had: OpId[]): Op[] {
    const have = new Set(had.map(id => this.#place(id)))
    const want = new Set(wanted.map(id => this.#place(id)))
    const found: Op[] = []
    let open = [...want].filter(place => !have.has(place)).length

    for (let place = Math.max(-1, ...want, ...have); open > 0 && place >= 0; place--) {
      const op = this.#ops[place]

      if (op == null || (!want.has(place) && !have.has(place))) {
        continue
      }

      const known = have.has(place)

      if (!known) {
        found.push(op)
        open--
      }

      for (const parent of op.parents) {
        const at = this.#place(parent)

        if (known && !have.has(at)) {
          have.add(at)
          open -= want.has(at) ? 1 : 0
        } else if (!known && !want.has(at)) {
          want.add(at)
          open += have.has(at) ? 0 : 1
        }
      }
    }

    return found.reverse()
  }

  #place (id: OpId): number {
    const place = this.#places.get(id)

    if (place == null) {
      throw new Error(`Op ${id} is not in this graph; add its past first`)
    }

    return place
  }
}
