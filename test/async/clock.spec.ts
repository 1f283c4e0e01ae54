import { describe, expect, it } from 'vitest'
import { after, at } from '../../src/async/clock.js'
import { FakeClock } from '../../src/testing/index.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR

describe('What waits for a moment', () => {
  it('is called at that moment, and not before', () => {
    const clock = new FakeClock()
    let called = 0
    at(clock, clock.now() + HOUR, () => { called++ })
    clock.advance(HOUR - 1)
    expect(called).toBe(0)
    clock.advance(1)
    expect(called).toBe(1)
  })

  it('notices within a minute that the clock was set, or that the machine slept', () => {
    const clock = new FakeClock()
    let called = 0
    at(clock, clock.now() + HOUR, () => { called++ })
    clock.jump(DAY)
    clock.advance(60_000)
    expect(called).toBe(1)
  })

  it('waits longer where the clock was set back', () => {
    const clock = new FakeClock()
    let called = 0
    at(clock, clock.now() + HOUR, () => { called++ })
    clock.jump(-DAY)
    clock.advance(DAY)
    expect(called).toBe(0)
    clock.advance(HOUR)
    expect(called).toBe(1)
  })
})

describe('What waits for a while', () => {
  it('waits no longer and no shorter, however the clock is set', () => {
    const clock = new FakeClock()
    const called: string[] = []
    after(clock, HOUR, () => { called.push('an hour later') })
    after(clock, HOUR, () => { called.push('called off') })()
    after(clock, Number.POSITIVE_INFINITY, () => { called.push('never') })
    clock.jump(DAY)
    clock.jump(-2 * DAY)
    clock.advance(HOUR - 1)
    expect(called).toEqual([])
    clock.advance(1)
    expect(called).toEqual(['an hour later'])
  })
})
