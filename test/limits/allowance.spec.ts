import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Allowance } from '../../src/limits/allowance.js'
import { FakeClock } from '../../src/testing/index.js'

const HOUR = 3_600_000

describe('What strangers share', () => {
  it('one address with any number of keys takes half, the next half of what is left, and so on', () => {
    const allowance = new Allowance(new FakeClock(), { ofPeer: 16, window: HOUR })
    let keys = 0
    const all = (origin: string): number => {
      let taken = 0

      for (let holder = { peer: `key ${keys++}`, origin }; allowance.has(holder, 64); holder = { peer: `key ${keys++}`, origin }) {
        allowance.take(holder)
        taken++
      }

      return taken
    }

    expect(['ip4/1.1.1.1', 'ip4/1.1.1.2', 'ip4/1.1.1.3', 'ip4/1.1.1.4'].map(all)).toEqual([32, 16, 8, 4])
    expect(allowance.has({ peer: 'Bob', origin: 'ip4/9.9.9.9' }, 64)).toBe(true)
  })

  it('one key takes its share, wherever it comes from, and has it again after the window', () => {
    const clock = new FakeClock()
    const allowance = new Allowance(clock, { ofPeer: 3, window: HOUR })
    const eve = (nth: number) => ({ peer: 'Eve', origin: `ip4/1.1.1.${nth}` })
    ;[1, 2, 3].forEach(nth => { allowance.take(eve(nth)) })
    expect([allowance.isSpent('Eve'), allowance.has(eve(4), 64)]).toEqual([true, false])
    clock.advance(HOUR - 1)
    expect(allowance.has(eve(4), 64)).toBe(false)
    clock.advance(1)
    expect(allowance.has(eve(4), 64)).toBe(true)
  })

  it('whatever is taken and given back: never more than all, and while anything is left a new address gets it', () => {
    const step = fc.record({ peer: fc.integer({ max: 30, min: 0 }), origin: fc.integer({ max: 6, min: 0 }), act: fc.constantFrom('take', 'take', 'take', 'back', 'late') })

    fc.assert(fc.property(fc.array(step, { maxLength: 150 }), fc.integer({ min: 1, max: 40 }), (steps, all) => {
      const clock = new FakeClock()
      const allowance = new Allowance(clock, { ofPeer: 4, window: HOUR })
      const taken = new Map<string, { count: number, last: number }>()
      let newcomers = 0

      for (const { peer, origin, act } of steps) {
        const holder = { peer: `${peer}`, origin: `${origin}` }
        const before = taken.get(holder.peer)

        if (act === 'late') {
          clock.advance(HOUR / 3)
        } else if (act === 'back' && before != null) {
          allowance.giveBack(holder.peer)
          taken.set(holder.peer, { ...before, count: before.count - 1 })
        } else if (act === 'take' && allowance.has(holder, all)) {
          allowance.take(holder)
          taken.set(holder.peer, { count: (before?.count ?? 0) + 1, last: clock.now() })
        }

        for (const [key, { count, last }] of taken) {
          if (count === 0 || clock.now() - last >= HOUR) {
            taken.delete(key)
          }
        }

        const total = [...taken.values()].reduce((sum, { count }) => sum + count, 0)
        expect(total).toBeLessThanOrEqual(all)
        expect(allowance.has({ peer: 'new', origin: `new ${newcomers++}` }, all)).toBe(total < all)
      }
    }))
  })
})
