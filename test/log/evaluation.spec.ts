import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { History } from '../../src/log/history.js'
import { Evaluation } from '../../src/log/evaluation.js'
import { keysOf } from '../../src/log/keys.js'
import { membershipIn } from '../../src/log/standing.js'
import { plans, shuffled, tell } from './histories.js'
import { MEMBERS } from './reference-ops.js'
import type { Entry } from '../../src/log/entry.js'
import type { AnyOp, Op } from '../../src/log/op.js'
import type { Op as ReferenceOp } from './reference-ops.js'
import type { History as Told } from './histories.js'

/** `npm run fuzz COUNT` asks for more; `SEED=… npm run fuzz` repeats one. */
const RUNS = Number(globalThis.process?.env.FUZZ ?? 40)
const TIMEOUT = Math.max(30_000, RUNS * 1000)
const MOST = 30
const NO_SIGNATURE = { body: new Uint8Array(), sig: new Uint8Array() }

function settings (): fc.Parameters<unknown> {
  return { numRuns: RUNS, ...(globalThis.process?.env.SEED == null ? {} : { seed: Number(globalThis.process.env.SEED) }) }
}

const plain = (op: ReferenceOp): Op => ({ ...op, signed: NO_SIGNATURE }) as unknown as Op

/** Takes ops in, in this order but parents first; refused ones are left out with what hangs on them. */
function take (ops: ReferenceOp[], each: (history: History) => void = () => {}): History {
  const [genesis, ...rest] = ops.map(plain)
  const history = new History(genesis as AnyOp<'GENESIS'>)
  const queue = [...rest]
  let left = Infinity

  while (queue.length < left) {
    left = queue.length

    for (const op of queue.splice(0)) {
      if (op.parents.every(id => history.graph.has(id))) {
        const judged = history.judge(op)

        if (typeof judged !== 'string' && !history.graph.has(op.id)) {
          history.take(judged)
          each(history)
        }
      } else {
        queue.push(op)
      }
    }
  }

  return history
}

/** What a history says, in the reference's words. */
function said ({ graph, view }: History): object {
  const entries = [...graph.entries]

  return {
    fixed: new Map(entries.filter(({ kind }) => kind !== 'GENESIS').map(({ id, level, class: c, speaker, depth }) => [id, { level: Math.min(level, MEMBERS), class: c, speaker, depth }])),
    persons: new Map([...view.members].map(([id, { level, role }]) => [id, { level: Math.min(level, MEMBERS), role }])),
    inEffect: new Set(entries.filter(entry => entry.kind !== 'GENESIS' && view.voidOf(entry) == null).map(({ id }) => id)),
    keys: new Map([...graph.persons()].map(person => [person.id, new Set(keysOf(view, person))]))
  }
}

function expected ({ outcome }: Told): object {
  return {
    fixed: new Map([...outcome.known].filter(([, { op }]) => op.kind !== 'GENESIS').map(([id, { level, class: c, speaker, depth }]) => [id, { level, class: c, speaker, depth }])),
    persons: new Map([...outcome.persons].map(([id, { level, role }]) => [id, { level, role }])),
    inEffect: outcome.inEffect,
    keys: new Map([...outcome.keys].map(([id, keys]) => [id, new Set([...keys].filter(([, { stands, class: c }]) => stands && c > 0).map(([key]) => key))]))
  }
}

describe('Whatever is signed, by whom, on which past', () => {
  it('the log says what the rules say, in every order', () => {
    fc.assert(fc.property(plans(MOST), (plan) => {
      const story = tell(plan)
      const wanted = expected(story)
      const [genesis, ...rest] = story.ops

      expect(said(take(story.ops))).toEqual(wanted)
      expect(said(take([genesis!, ...shuffled(rest, plan.order)]))).toEqual(wanted)
    }), settings())
  }, TIMEOUT)

  it('what is kept as ops come is what the rules say anew, after every op', () => {
    fc.assert(fc.property(plans(MOST), (plan) => {
      const [genesis, ...rest] = tell(plan).ops

      take([genesis!, ...shuffled(rest, plan.order)], ({ graph, view }) => {
        const fresh = new Evaluation(graph)
        const voids = (evaluation: Evaluation): Array<[string, object]> => graph.entries.flatMap((entry: Entry) => {
          const lost = evaluation.voidOf(entry)

          return lost == null ? [] : [[entry.id, lost] as [string, object]]
        })

        expect(voids(view)).toEqual(voids(fresh))
        expect(new Map(view.members)).toEqual(new Map([...graph.persons()].flatMap(person => {
          const membership = membershipIn(fresh, person)

          return membership == null ? [] : [[person.id, membership] as const]
        })))
      })
    }), settings())
  }, TIMEOUT)
})
