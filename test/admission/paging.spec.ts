import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { insertRow, pageOf } from '../../src/admission/paging.js'
import type { Row } from '../../src/admission/paging.js'

interface Flagged extends Row { on: boolean }

const id = fc.integer({ min: 0, max: 2 ** 31 - 1 }).map(n => n.toString(16).padStart(64, '0'))
const row: fc.Arbitrary<Flagged> = fc.record({ id, createdAt: fc.integer({ min: 0, max: 8 }).map(n => n * 2 ** 40), on: fc.boolean() })
const rows = (max: number): fc.Arbitrary<Flagged[]> => fc.uniqueArray(row, { selector: ({ id }) => id, maxLength: max })

const newestFirst = (a: Row, b: Row): number => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1)

describe('Pages', () => {
  it('show each row once, newest first, whatever the order in which rows came', () => {
    fc.assert(fc.property(rows(40), fc.integer({ min: 1, max: 10 }), (all, limit) => {
      const kept: Flagged[] = []
      all.forEach(row => { insertRow(kept, row) })
      const shown: Flagged[] = []
      let cursor: string | undefined

      do {
        const page = pageOf(kept, { limit, cursor, matches: ({ on }) => on })
        expect(page.rows.length).toBeLessThanOrEqual(limit)
        expect(page.rows.length > 0 || page.nextCursor == null).toBe(true)
        shown.push(...page.rows)
        cursor = page.nextCursor
      } while (cursor != null)

      expect(shown).toEqual(all.filter(({ on }) => on).sort(newestFirst))
    }))
  })

  it('hold under inserts and changes: what was there all along and matched is shown once', () => {
    fc.assert(fc.property(rows(40), fc.array(row, { maxLength: 40 }), fc.array(fc.nat(79), { maxLength: 40 }), fc.integer({ min: 1, max: 7 }), (first, later, flips, limit) => {
      const kept: Flagged[] = []
      first.forEach(row => { insertRow(kept, { ...row }) })
      const steady = new Set(first.filter(({ on }) => on).map(({ id }) => id))
      const shown: string[] = []
      let cursor: string | undefined

      do {
        const page = pageOf(kept, { limit, cursor, matches: ({ on }) => on })
        shown.push(...page.rows.map(({ id }) => id))
        cursor = page.nextCursor

        // between any two pages some come, and some change
        for (const row of later.splice(0, 5)) {
          if (!kept.some(({ id }) => id === row.id)) {
            insertRow(kept, { ...row })
          }
        }

        for (const nth of flips.splice(0, 5)) {
          const flipped = kept[nth % Math.max(1, kept.length)]

          if (flipped != null) {
            flipped.on = !flipped.on
            steady.delete(flipped.id)
          }
        }
      } while (cursor != null)

      expect(new Set(shown).size).toBe(shown.length)
      expect(shown.filter(id => steady.has(id))).toHaveLength(steady.size)
    }))
  })
})
