import { describe, expect, it } from 'vitest'
import { lifetimeOf } from '../../demo/src/lifetime.js'

describe('An invitation of the page', () => {
  it.each([['', 600_000], ['?lifetime=5', 5_000], ['?lifetime=31536000', 600_000], ['?lifetime=Infinity', 600_000], ['?lifetime=-1', 600_000], ['?lifetime=', 600_000], ['?lifetime=x', 600_000]])('lives no longer than ten minutes, whatever link Mallory sends to that page: %s', (search, lifetime) => {
    expect(lifetimeOf(search)).toBe(lifetime)
  })
})
