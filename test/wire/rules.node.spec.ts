/** docs/log-rules.md is a program: what the page says is what is run here, over test/vectors/histories.json and many made-up histories. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plans, shuffled, tell } from '../log/histories.js'
import histories from '../vectors/histories.json' with { type: 'json' }
import { unhex } from './bytes.js'
import { personIdOf, readOp } from './ops.js'
import type { Op } from '../log/reference-ops.js'

interface Outcome {
  kept: Map<string, unknown>
  refused: Set<string>
  persons: Map<string, { role: string, level: number }>
  keys: Map<string, Map<string, { class: number, stands: boolean }>>
  /** Why each is void; undefined: it is in effect. */
  inEffect: Set<string>
  voids: Map<string, string | undefined>
  info: { name: string, picture?: string }
}

const page = readFileSync('docs/log-rules.md', 'utf8')
const program = [...page.matchAll(/^```js\n([^]*?)^```$/gm)].map(([, lines = '']) => lines).join('\n')
type Evaluate = (ops: Op[], personOf: (seat: { first: string, recovery?: string }) => string) => Outcome
// eslint-disable-next-line @typescript-eslint/no-implied-eval -- the page's own lines
const evaluate = (new Function(`${program}\nreturn evaluate`) as () => Evaluate)()
const personOf = ({ first, recovery }: { first: string, recovery?: string }): string => personIdOf(unhex(first), recovery == null ? null : unhex(recovery))
const bySelf = <T>(key: (one: T) => string) => (a: T, b: T): number => key(a) < key(b) ? -1 : 1

describe('The rules as a program: members, keys, what is refused, what is void and why', () => {
  it.each(histories.histories)('are those of the vectors: $name', (history) => {
    const ops = history.ops.map(({ body }) => readOp(unhex(body)) as Op)
    const { refused, persons, keys, voids, info } = evaluate(ops.toReversed(), personOf)

    expect({
      refused: ops.flatMap(({ id }, i) => refused.has(id) ? [i] : []),
      members: [...persons].map(([person, { role, level }]) => ({ person, role, level, keys: [...keys.get(person) ?? []].filter(([, { class: c, stands }]) => stands && c > 0).map(([key]) => key).sort() })).sort(bySelf(({ person }) => person)),
      voids: [...voids].flatMap(([op, reason]) => reason == null ? [] : [{ op, reason }]).sort(bySelf(({ op }) => op)),
      info: { name: info.name, ...(info.picture == null ? {} : { picture: info.picture }) }
    }).toEqual({
      refused: history.refused,
      members: history.members.map(({ person, role, level, keys }) => ({ person, role, level: Math.min(level, 18), keys: keys.toSorted() })).sort(bySelf(({ person }) => person)),
      voids: history.voids.map(({ op, reason }) => ({ op, reason })),
      info: history.info
    })
  })

  it('are what the reference says, whatever is signed', () => {
    fc.assert(fc.property(plans(30), (plan) => {
      const { ops, outcome } = tell(plan)
      const { kept, persons, keys, inEffect } = evaluate(shuffled(ops, plan.order), personOf)

      expect({ kept: new Set(kept.keys()), persons, keys, inEffect }).toEqual({ kept: new Set(outcome.known.keys()), persons: outcome.persons, keys: outcome.keys, inEffect: outcome.inEffect })
    }), { numRuns: 30 })
  })
})
