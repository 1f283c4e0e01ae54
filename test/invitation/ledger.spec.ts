import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ledger } from '../../src/invitation/index.js'
import { NOW } from '../helpers/handshake.js'
import type { Ledger, Status } from '../../src/invitation/index.js'

const fresh: Ledger = { status: 'pending', attemptsLeft: 3, uses: 1, used: 0, expiresAt: NOW + 1000 }
const ends: Array<[Exclude<Status, 'pending'>, string]> = [
  ['used', 'InvitationUsedError'], ['expired', 'InvitationExpiredError'], ['revoked', 'InvitationRevokedError'],
  ['declined', 'InvitationDeclinedError'], ['locked', 'InvitationLockedError']
]

function nameOf (act: () => unknown): string | undefined {
  try {
    act()
    return undefined
  } catch (err) {
    return (err as Error).name
  }
}

describe('what Alice counts', () => {
  it('each guess takes an attempt; at none left a wrong one locks', () => {
    let counted = fresh
    for (const left of [2, 1, 0]) {
      expect(ledger.wrong(counted).status).toBe('pending')
      counted = ledger.spend(counted, NOW)
      expect(counted).toMatchObject({ attemptsLeft: left, status: 'pending' })
    }
    expect(nameOf(() => ledger.spend(counted, NOW))).toBe('InvitationLockedError')
    counted = ledger.wrong(counted)
    expect(counted).toMatchObject({ status: 'locked' })
    expect(ledger.endOf(counted)).toMatchObject({ name: 'InvitationLockedError' })
  })

  it('the last attempt, right, admits: it is given back, and nothing is locked', () => {
    const counted = ledger.admit(ledger.spend({ ...fresh, attemptsLeft: 1, uses: 2 }, NOW))
    expect(counted).toMatchObject({ status: 'pending', attemptsLeft: 1, used: 1 })
    expect(ledger.wrong(counted).status).toBe('pending')
  })

  it('fifty uses with three attempts: each admission gives its own attempt back, a wrong PIN never', () => {
    let counted: Ledger = { ...fresh, uses: 50 }
    for (let used = 1; used <= 50; used++) {
      if (used === 10) {
        counted = ledger.wrong(ledger.spend(counted, NOW))
      }
      counted = ledger.admit(ledger.spend(counted, NOW))
      expect(counted).toMatchObject({ used, attemptsLeft: used < 10 ? 3 : 2, status: used < 50 ? 'pending' : 'used' })
    }
    expect(nameOf(() => ledger.admit(counted))).toBe('InvitationUsedError')
  })

  it('the deadline ends it at its very ms, whether or not its timer fired', () => {
    expect(ledger.isOver(fresh, NOW + 999)).toBe(false)
    expect(ledger.isOver(fresh, NOW + 1000)).toBe(true)
    expect(ledger.isOver({ ...fresh, expiresAt: undefined }, Number.MAX_SAFE_INTEGER)).toBe(false)
    for (const act of [ledger.spend, ledger.assertPending]) {
      expect(nameOf(() => act(fresh, NOW + 1000))).toBe('InvitationExpiredError')
      expect(nameOf(() => act(fresh, NOW + 999))).toBeUndefined()
    }
  })

  it('a PIN spent before the deadline is honoured after it', () => {
    expect(ledger.admit(ledger.spend(fresh, NOW + 999))).toMatchObject({ status: 'used', used: 1 })
  })

  for (const [status, name] of ends) {
    it(`after ${status} nothing is spent or admits, and no other end takes its place`, () => {
      const counted: Ledger = { ...fresh, status }
      for (const act of [() => ledger.spend(counted, NOW), () => ledger.admit(counted)]) {
        expect(nameOf(act)).toBe(name)
      }
      expect(ledger.wrong(counted)).toBe(counted)
      for (const end of ['expired', 'revoked', 'declined', 'locked'] as const) {
        expect(ledger.end(counted, end)).toBe(counted)
      }
    })
  }

  it('whatever happens in whatever order: wrong guesses never exceed the attempts, members never the uses, and an end is for good', () => {
    const step = fc.constantFrom('right', 'wrong', 'crash', 'expire', 'revoke', 'decline', 'late')

    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), (steps, attempts, uses) => {
      let counted: Ledger = { ...fresh, attemptsLeft: attempts, uses }
      let now = NOW
      let wrong = 0

      for (const act of steps) {
        const before = counted
        try {
          switch (act) {
            case 'right':
              counted = ledger.spend(counted, now)
              counted = ledger.admit(counted)
              break
            case 'wrong':
              counted = ledger.spend(counted, now)
              wrong++
              counted = ledger.wrong(counted)
              break
            // killed after the durable count: the attempt stays spent
            case 'crash': counted = ledger.spend(counted, now); wrong++; break
            case 'expire': counted = ledger.end(counted, 'expired'); break
            case 'revoke': counted = ledger.end(counted, 'revoked'); break
            case 'decline': counted = ledger.end(counted, 'declined'); break
            case 'late': now += 100; break
          }
        } catch (err) {
          expect((err as Error).name).toMatch(/^Invitation\w+Error$/)
        }
        expect(counted.attemptsLeft).toBeGreaterThanOrEqual(0)
        expect(wrong + counted.attemptsLeft).toBe(attempts)
        expect(counted.used).toBeLessThanOrEqual(uses)
        if (before.status !== 'pending') {
          expect(counted).toBe(before)
        }
      }
    }))
  })
})
