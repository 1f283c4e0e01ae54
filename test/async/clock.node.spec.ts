import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/async/clock.js'

describe('The service\'s timers', () => {
  it('do not keep a Node process alive', () => {
    const timer = systemClock.setTimeout(() => {}, 60_000) as NodeJS.Timeout
    expect(timer.hasRef()).toBe(false)
    systemClock.clearTimeout(timer)
  })
})
