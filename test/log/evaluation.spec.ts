import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Evaluation } from '../../src/log/evaluation.js'
import { membershipIn } from '../../src/log/standing.js'
import { expected, said, take } from './agreement.js'
import { plans, shuffled, tell, wordy } from './histories.js'
import { thiefLeaves } from './story.js'
import type { Entry } from '../../src/log/entry.js'
import type { History } from '../../src/log/history.js'

/** `FUZZ=5000 npm run fuzz` asks for more; `SEED=… npm run fuzz` repeats one. */
const RUNS = Number(globalThis.process?.env.FUZZ ?? 40)
const TIMEOUT = Math.max(60_000, RUNS * 1000)
const MOST = 30

function settings (): fc.Parameters<unknown> {
  return { numRuns: RUNS, ...(globalThis.process?.env.SEED == null ? {} : { seed: Number(globalThis.process.env.SEED) }) }
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
      take([genesis!, ...shuffled(rest, plan.order)], isAsAnew)
    }), settings())
  }, TIMEOUT)

  it('so it is where there are many words about each person', () => {
    fc.assert(fc.property(wordy(2 * MOST), (plan) => {
      const story = tell(plan)
      const [genesis, ...rest] = story.ops
      const wanted = expected(story)

      expect(said(take(story.ops, isAsAnew))).toEqual(wanted)

      // nothing is asked for before all have come
      const other = take([genesis!, ...shuffled(rest, plan.order)])
      isAsAnew(other)
      expect(said(other)).toEqual(wanted)
    }), settings())
  }, TIMEOUT)
})

it('a REMOVE that rests on a LEAVE is in effect again, when an owner who had seen both removes that member, and an UNLINK counts for the LEAVE no more', () => {
  const { story, linked, remove } = thiefLeaves()
  story.say('Bob.1', 'UNLINK', { key: 'Bob.2' }, [linked])

  expect(story.isInEffect(remove)).toBe(false)

  story.say('Alice.1', 'REMOVE', { person: 'Bob' }, [remove])

  expect(story.isInEffect(remove)).toBe(true)
  expect(said(take(story.history.ops, isAsAnew))).toEqual(expected(story.history))
})

/** Does the view say what a fresh evaluation of the same ops says? */
function isAsAnew ({ graph, view }: History): void {
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
}
