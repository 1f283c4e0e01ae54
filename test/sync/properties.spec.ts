import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Comparison } from '../../src/sync/compare.js'
import { LIST } from '../../src/sync/constants.js'
import { SummaryTree } from '../../src/sync/tree.js'
import { keyOf } from './fake-log.js'
import { contentOf, replica, sync } from './replicas.js'
import type { Summary, Wanted } from '../../src/sync/compare.js'
import type { SyncSet } from '../../src/sync/sets.js'
import type { Replica } from './replicas.js'

/** `FUZZ=5000 npm run fuzz` asks for more. */
const RUNS = Number(globalThis.process?.env.FUZZ ?? 15)

/** One op: which replica signs it, by whom, on how many of its heads, and whether it forks its author's chain. */
const step = fc.record({ at: fc.integer({ min: 0, max: 2 }), author: fc.integer({ min: 0, max: 30 }), heads: fc.integer({ min: 1, max: 3 }), back: fc.integer({ min: 0, max: 12 }), size: fc.integer({ min: 0, max: 600 }) })
const record = fc.record({ at: fc.integer({ min: 0, max: 2 }), of: fc.integer({ min: 0, max: 60 }), sequence: fc.integer({ min: 1, max: 3 }) })

async function write (on: Replica[], { author, heads, back, size }: typeof step extends fc.Arbitrary<infer S> ? S : never, nth: number): Promise<void> {
  const { log } = on[0]!
  const all = [...log.ops.values()]
  const mine = all.filter(op => op.author === keyOf(`author ${author}`))
  const previous = mine[mine.length - 1 - (back > 9 ? back - 9 : 0)]
  const parents = [...new Set([...log.heads.slice(0, heads), ...(previous == null ? [] : [previous.id])])].sort()
  const op = await log.append(`author ${author}`, `${nth} ${'x'.repeat(size)}`, { parents, previous: previous?.id })

  for (const { log } of on.slice(1)) {
    await log.receive([op])
    log.came.clear()
  }
}

describe('Two replicas with any history', () => {
  it('come to have the same, cut off anywhere; what was stored does not come again', async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(step, { maxLength: 80 }), fc.array(step, { maxLength: 80 }), fc.array(record, { maxLength: 40 }), fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 6 }),
      async (common, apart, records, cuts) => {
        const two = [replica('Alice'), replica('Bob')] as const
        const [alice, bob] = two

        for (const [nth, one] of common.entries()) {
          await write([...two], one, nth)
        }

        for (const [nth, one] of apart.entries()) {
          await write([two[one.at % 2 as 0 | 1]], one, 1000 + nth)
        }

        for (const { at, of, sequence } of records) {
          for (const [nth, { profiles }] of two.entries()) {
            if (at === 2 || at === nth) {
              await profiles.put(`member ${of}`, sequence, `${at} ${sequence}`)
            }
          }
        }

        for (const [nth, cut] of cuts.entries()) {
          await sync(two[nth % 2 as 0 | 1], two[1 - nth % 2 as 0 | 1], { cut, window: 8192 })
        }

        await sync(alice, bob)
        expect(contentOf(alice)).toBe(contentOf(bob))
        // a stream that ended keeps nobody waiting
        expect(two.map(({ kept }) => kept.turns.turn().free)).toEqual([true, true])

        for (const { log } of two) {
          // chains that were forked on both sides may bring what lies between the marks
          const again = [...log.came.values()].filter(times => times > 1 + cuts.length)
          expect(again).toEqual([])
          expect(log.pending.size).toBe(0)
        }
      }
    ), { numRuns: RUNS })
  }, Math.max(60_000, RUNS * 1000))
})

describe('The hash of a set', () => {
  it('is that of its content, whatever was in it before', () => {
    const key = fc.integer({ min: 0, max: 60 }).map(nth => keyOf(`${nth % 40}`).slice(0, nth % 3).padEnd(4, '0') + keyOf(`${nth}`).slice(4))
    fc.assert(fc.property(fc.array(fc.tuple(key, fc.integer({ min: 0, max: 3 }))), (entries) => {
      const grown = new SummaryTree()
      const last = new Map<string, number>()

      for (const [key, sequence] of entries) {
        grown.hash()
        grown.set({ key, marks: sequence === 0 ? [] : [{ sequence, id: keyOf(`${sequence}`) }] })
        last.set(key, sequence)
      }

      const fresh = new SummaryTree()
      const there = [...last].filter(([, sequence]) => sequence > 0).sort(([a], [b]) => a < b ? 1 : -1)
      there.forEach(([key, sequence]) => { fresh.set({ key, marks: [{ sequence, id: keyOf(`${sequence}`) }] }) })
      expect(fresh.hash()).toEqual(grown.hash())
      expect(grown.size).toBe(there.length)

      for (const prefix of ['', '0', keyOf('7').slice(0, 2), keyOf('9').slice(0, 5)]) {
        expect(fresh.hash(prefix)).toEqual(grown.hash(prefix))
        expect([...grown.under(prefix)].map(({ key }) => key)).toEqual(there.map(([key]) => key).filter(key => key.startsWith(prefix)).sort())
        expect(grown.count(prefix)).toBe([...grown.under(prefix)].length)
      }
    }))
  })

  it('of more entries than a list has is told of in 16 parts', () => {
    const tree = new SummaryTree()
    const salt = new Uint8Array(16)

    for (let nth = 0; nth <= LIST; nth++) {
      tree.set({ key: keyOf(`${nth}`), marks: [{ sequence: nth, id: keyOf('') }] })
    }

    const empty = [...'0123456789abcdef'].filter(digit => tree.count(digit) === 0)
    expect(empty.length).toBeGreaterThan(0)
    empty.forEach((digit) => { expect(tree.fingerprint(digit, salt)).toEqual(new Uint8Array(8)) })
    expect(tree.fingerprint('', salt)).not.toEqual(tree.fingerprint('', Uint8Array.from(salt, () => 1)))
  })
})

describe('A comparison', () => {
  /** Records as a set, without a store. */
  function setOf (entries: Map<string, number>): SyncSet {
    const tree = new SummaryTree()
    entries.forEach((sequence, key) => { tree.set({ key, marks: [{ sequence, id: keyOf(`${sequence}`).slice(32) }] }) })

    return {
      number: 1, tree, heads: () => undefined, has: () => false, have: () => [], select: () => [], watch: () => () => {},
      lacks: ({ key, marks }) => (entries.get(key) ?? 0) < (marks[0]?.sequence ?? 0)
    }
  }

  const content = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 2 })), { maxLength: 300 })
    .map(pairs => new Map(pairs.map(([nth, sequence]) => [keyOf(`${nth}`), sequence])))

  it('shows each side all that it lacks, in few steps, also where both begin', () => {
    fc.assert(fc.property(content, content, content, fc.boolean(), (common, one, other, both) => {
      const contents = [new Map([...common, ...one]), new Map([...common, ...other])] as const
      const sides = contents.map((entries, at) => ({ comparison: new Comparison(setOf(entries), new Uint8Array(16), at === 0), wanted: undefined as Wanted | undefined }))
      const wire: Array<{ to: 0 | 1, summary: Summary }> = [{ to: 1, summary: sides[0]!.comparison.start() }]

      if (both) {
        wire.push({ to: 0, summary: sides[1]!.comparison.start() })
      }

      let steps = 0

      for (let next = wire.shift(); next != null; next = wire.shift()) {
        steps++
        const { reply, wanted } = sides[next.to]!.comparison.receive(next.summary)
        sides[next.to]!.wanted = wanted ?? sides[next.to]!.wanted

        if (reply != null) {
          wire.push({ to: 1 - next.to as 0 | 1, summary: reply })
        }
      }

      expect(sides.map(({ comparison }) => comparison.active)).toEqual([false, false])
      expect(steps).toBeLessThan(16)

      for (const at of [0, 1] as const) {
        const [mine, theirs] = [contents[at], contents[1 - at]!]
        const prefixes = [...sides[at]!.wanted?.prefixes ?? []]
        const lacking = [...theirs].filter(([key, sequence]) => (mine.get(key) ?? 0) < sequence).map(([key]) => key)
        expect(lacking.filter(key => !prefixes.some(prefix => key.startsWith(prefix)))).toEqual([])

        // and where there is nothing new, nothing is asked for
        expect(prefixes.filter(prefix => !lacking.some(key => key.startsWith(prefix)) && prefix.length === 64)).toEqual([])
      }
    }))
  })
})
