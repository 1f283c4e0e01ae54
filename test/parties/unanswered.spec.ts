/** When a secret counts as one that nobody gives, whatever those do who are asked for it. */
import { expect, it } from 'vitest'
import { LATE } from '../../src/keys/asking/constants.js'
import { Unanswered } from '../../src/parties/unanswered.js'
import { FakeClock } from '../../src/testing/index.js'

const MISSING = ['ab'.repeat(32)]

it('Mallory, a member, is always about to give it: after a while it counts as lost all the same, and until it is here', () => {
  const clock = new FakeClock()
  let looks = 0
  const unanswered = new Unanswered(clock, () => { looks++ })
  const review = (missing = MISSING): boolean => unanswered.review(missing, ['mallory', 'bob'], key => key === 'mallory')
  unanswered.tried('bob')
  expect([review(), unanswered.all]).toEqual([false, []])

  clock.advance(LATE / 2)
  expect([review(), unanswered.all]).toEqual([false, []])
  clock.advance(LATE / 2)
  expect([looks, review(), unanswered.all]).toEqual([1, true, MISSING])
  expect([review([]), unanswered.all]).toEqual([true, []])

  // another one has its own time
  expect([review(['cd'.repeat(32)]), unanswered.all]).toEqual([false, []])
})

it('Carol was alone for a while: whom she meets then she asks first', () => {
  const clock = new FakeClock()
  const unanswered = new Unanswered(clock, () => {})
  unanswered.review(MISSING, [], () => false)
  clock.advance(LATE)
  expect([unanswered.review(MISSING, [], () => false), unanswered.all]).toEqual([true, MISSING])
  expect([unanswered.review(MISSING, ['bob'], () => true), unanswered.all]).toEqual([true, []])
  unanswered.tried('bob')
  expect([unanswered.review(MISSING, ['bob'], () => false), unanswered.all]).toEqual([true, MISSING])
})
