import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { History } from '../../src/log/history.js'
import { after, trailOf } from '../../src/log/sharing.js'
import { Party } from './flood-shapes.js'
import type { Graph } from '../../src/log/graph.js'
import type { OpId } from '../../src/log/index.js'

const { bob: BOB } = new Party()

/** Bob's INVITEs, each on top of one before it, by its number; -1: on none. */
function bobs (befores: number[]): { graph: Graph, ids: OpId[] } {
  const party = new Party()
  const root = party.head
  const ids: OpId[] = []

  for (const before of befores) {
    const previous = ids[before]
    party.last[BOB] = undefined as unknown as OpId
    ids.push(party.invite(BOB, [previous ?? root], 'reader', 1, previous))
  }

  const history = new History(party.genesis)

  for (const op of party.ops.slice(1)) {
    const judged = history.judge(op)

    if (typeof judged === 'string') {
      throw new Error(judged)
    }

    history.take(judged)
  }

  return { graph: history.graph, ids }
}

/** Counts how often anybody goes back from an op to its author's before it. */
function countSteps (graph: Graph): () => number {
  let steps = 0

  for (const entry of graph.entries) {
    const { previous } = entry
    Object.defineProperty(entry, 'previous', { get: () => (steps++, previous) })
  }

  return () => steps
}

describe('What another replica lacks of a chain', () => {
  it('is what none of its tips goes back to, however the chain was forked', () => {
    fc.assert(fc.property(fc.array(fc.nat(), { maxLength: 40 }), fc.array(fc.nat(), { maxLength: 6 }), (places, chosen) => {
      const befores = places.map((place, nth) => place % (nth + 1) - 1)
      const { graph, ids } = bobs(befores)
      const tips = ids.length === 0 ? [] : chosen.map(nth => nth % ids.length)
      const known = new Set<number>()

      for (let at of tips) {
        for (; at >= 0; at = befores[at]!) {
          known.add(at)
        }
      }

      expect(after(graph, BOB, [...tips.map(nth => ids[nth]!), 'ee'.repeat(32)]).map(({ id }) => id)).toEqual(ids.filter((_, nth) => !known.has(nth)))
    }), { numRuns: 60 })
  })

  it('costs no more where Bob forked a long chain and asks with many ids of one branch', () => {
    const length = 3000
    const { graph, ids } = bobs(Array.from({ length: 2 * length }, (_, nth) => nth < 2 ? -1 : nth - 2))
    const known = ids.filter((_, nth) => nth % 2 === 0).slice(-512)
    const steps = countSteps(graph)
    expect(after(graph, BOB, known)).toHaveLength(length)
    // once from each op
    expect(steps()).toBeLessThanOrEqual(2 * length)
  })

  it('is named by few ids, though the chain ends in many places', () => {
    const length = 2000
    const { graph } = bobs([...Array.from({ length }, (_, nth) => nth - 1), ...Array.from({ length }, () => length - 1)])
    const steps = countSteps(graph)
    expect(trailOf(graph, BOB).length).toBeLessThanOrEqual(24)
    // from 24 of the ends at most, each back to the beginning
    expect(steps()).toBeLessThanOrEqual(24 * (length + 1))
  })
})
