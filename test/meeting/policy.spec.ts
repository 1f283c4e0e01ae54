import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BACKOFF, MAX_LINKS, MAX_MEMBERS, TARGET_LINKS } from '../../src/meeting/links/constants.js'
import { Backoff } from '../../src/meeting/links/backoff.js'
import { Policy } from '../../src/meeting/links/policy.js'
import { grown, seeded, untilOnePiece } from './simulated.js'
import type { Candidate, Kin, Roster } from '../../src/meeting/links/party-links.js'

function rosterOf (party: string, members: Record<string, Kin>, size = Object.keys(members).length + 1): Roster {
  const candidates = Object.entries(members).map(([key, is]): Candidate => ({ key, is }))

  return { party, size, hosts: candidates.filter(({ is }) => is === 'host').length, candidates: () => candidates }
}

function others (count: number, name = 'member'): Record<string, Kin> {
  return Object.fromEntries(Array.from({ length: count }, (_, nth) => [`${name} ${nth}`, 'other']))
}

/** All that are asked say yes. */
function settle (policy: Policy, now = 0): string[] {
  const asked: string[] = []

  for (let { open } = policy.plan(now); open.length > 0; { open } = policy.plan(now)) {
    open.forEach(({ party, key }) => {
      asked.push(key)
      policy.linked(party, key)
    })
  }

  return asked
}

describe('Whom a node keeps', () => {
  it('its siblings first, then owners and admins, two of each, then others', () => {
    const policy = new Policy(seeded(1))
    policy.add(rosterOf('club', { phone: 'sibling', laptop: 'sibling', tablet: 'sibling', Alice: 'host', Bob: 'host', Carol: 'host' }, 7), 0)
    const asked = settle(policy)
    expect(asked.slice(0, 2).every(key => ['phone', 'laptop', 'tablet'].includes(key))).toBe(true)
    expect(asked.slice(2).every(key => ['Alice', 'Bob', 'Carol'].includes(key))).toBe(true)
    expect(asked).toHaveLength(TARGET_LINKS)
  })

  it('an owner of ten thousand is not asked by all of them', () => {
    const asking = Array.from({ length: 400 }, (_, seed) => {
      const policy = new Policy(seeded(seed))
      policy.add(rosterOf('community', { Alice: 'host', ...others(127) }, 10_000), 0)

      return settle(policy).includes('Alice')
    }).filter(Boolean)
    // 1 in 833 seeks her, and 1 in 32 has her by lot among those that it knows
    expect(asking.length).toBeLessThan(40)
  })

  it('no more than six a party are kept: others are turned away, but for who is alone, for whom one goes', () => {
    const policy = new Policy(seeded(2))
    policy.add(rosterOf('club', others(20)), 0)
    settle(policy)
    const before = [...policy.linksOf('club')]
    expect(['x', 'y'].map(key => policy.offered('club', key, false, 0))).toEqual([true, true])
    expect(policy.offered('club', 'z', false, 0)).toBe(false)
    expect(policy.offered('club', 'z', true, 0)).toBe(true)
    // not for a crowd of them at once
    expect(policy.offered('club', 'w', true, 1_000)).toBe(false)
    expect(policy.linksOf('club').size).toBe(MAX_LINKS)
    const { drop } = policy.plan(0)
    expect(drop).toHaveLength(1)
    expect([...before, 'x', 'y']).toContain(drop[0]?.key)
    expect(policy.plan(0).drop).toEqual([])
  })

  it('thirty-two over all parties, shared: a party that comes later gets its own', () => {
    const policy = new Policy(seeded(3))

    for (let nth = 0; nth < 8; nth++) {
      policy.add(rosterOf(`party ${nth}`, others(40, `of ${nth}`)), 0)
    }

    settle(policy)
    expect(Array.from({ length: 8 }, (_, nth) => policy.linksOf(`party ${nth}`).size)).toEqual(Array(8).fill(4))
    policy.add(rosterOf('late', others(40, 'late')), 0)
    settle(policy)
    settle(policy)
    expect(policy.linksOf('late').size).toBeGreaterThan(0)
    const all = [...Array.from({ length: 8 }, (_, nth) => `party ${nth}`), 'late'].flatMap(party => [...policy.linksOf(party)])
    expect(new Set(all).size).toBeLessThanOrEqual(MAX_MEMBERS)
  })

  it('a member of many parties takes one place', () => {
    const policy = new Policy(seeded(4))
    Array.from({ length: 100 }, (_, nth) => { policy.add(rosterOf(`party ${nth}`, { Bob: 'other' }), 0) })
    settle(policy)
    expect(Array.from({ length: 100 }, (_, nth) => policy.linksOf(`party ${nth}`).size)).toEqual(Array(100).fill(1))
  })

  it('who is away is tried again after a wait that doubles up to five minutes, and at once when the network changed', () => {
    const policy = new Policy(() => 0.999)
    policy.add(rosterOf('club', { Bob: 'other' }), 0)
    const waits: number[] = []
    let now = 0

    for (let nth = 0; nth < 12; nth++) {
      const { open } = policy.plan(now)
      expect(open).toEqual([{ party: 'club', key: 'Bob', alone: true }])
      policy.failed('Bob', now)
      const { wakeAt = 0, open: none } = policy.plan(now)
      expect(none).toEqual([])
      waits.push(Math.round((wakeAt - now) / 1000))
      now = wakeAt
    }

    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300])
    policy.plan(now)
    policy.failed('Bob', now)
    policy.refresh(now)
    expect(policy.plan(now).open).toHaveLength(1)
  })

  it('a dial that was under way when the network changed, or its member came back, says nothing: it is tried at once', () => {
    const policy = new Policy(() => 0.999)
    policy.add(rosterOf('club', { Bob: 'other' }), 0)

    for (const change of [() => { policy.refresh(0) }, () => { policy.retry('Bob') }]) {
      expect(policy.plan(0).open).toHaveLength(1)
      change()
      policy.failed('Bob', 0)
    }

    expect(policy.plan(0).open).toHaveLength(1)
    policy.failed('Bob', 0)
    expect(policy.plan(0).open).toEqual([])
  })

  it('the wait is drawn anew each time: those who lost the same one do not come back at once', () => {
    fc.assert(fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(40), (lot, failures) => {
      const backoff = new Backoff(() => lot)
      let longest: number = BACKOFF[0] / 2

      for (let nth = 0; nth <= failures; nth++) {
        backoff.failed('Bob', 0)
        longest = Math.min(2 * longest, BACKOFF[1])
      }

      expect(backoff.readyAt('Bob', 0) ?? 0).toBeCloseTo(lot * longest, 5)
    }))
  })

  it('a party that lacks links and knows nobody more says so', () => {
    const policy = new Policy(seeded(5))
    policy.add(rosterOf('club', { Bob: 'other' }, 9), 0)
    expect(policy.plan(0)).toMatchObject({ open: [{ key: 'Bob' }], lacking: ['club'] })
    policy.add(rosterOf('pair', { Bob: 'other' }, 2), 0)
    expect(policy.plan(0)).toMatchObject({ open: [{ key: 'Bob' }], lacking: ['club'] })
  })

  it('now and then one link is drawn anew, and another goes', () => {
    const policy = new Policy(seeded(6))
    policy.add(rosterOf('club', others(60)), 0)
    settle(policy)
    const before = new Set(policy.linksOf('club'))
    const { wakeAt = 0 } = policy.plan(1)
    expect(wakeAt).toBeGreaterThan(3_000_000)
    expect(settle(policy, wakeAt)).toHaveLength(1)
    expect(policy.linksOf('club').size).toBe(TARGET_LINKS)
    expect([...policy.linksOf('club')].filter(key => !before.has(key))).toHaveLength(1)
  })
})

describe('A party of many nodes', () => {
  it('comes back in one piece when half of it restarted elsewhere, whatever the lots', () => {
    fc.assert(fc.property(fc.integer(), fc.integer({ min: 2, max: 40 }), (seed, size) => {
      const random = seeded(seed)
      const party = grown(size, random)
      const restarting = party.nodes.filter(() => random() < 0.5)
      restarting.forEach(node => { party.stop(node) })
      party.runTo(party.now + 20_000)
      // one all of whose acquaintances moved, too, needs a rendezvous
      const staying = new Set(party.online.map(({ name }) => name))
      restarting.forEach((node) => { party.start(node, [...node.known.keys()].some(name => staying.has(name))) })
      expect(untilOnePiece(party)).toBeLessThan(600_000)
      party.runTo(party.now + 600_000)
      expect(party.pieces()).toBe(1)
      expect(Math.max(...party.nodes.map(({ links }) => links.size))).toBeLessThanOrEqual(MAX_LINKS)
    }), { numRuns: 20 })
  })

  it('comes together again after a partition', () => {
    fc.assert(fc.property(fc.integer(), fc.integer({ min: 2, max: 30 }), (seed, size) => {
      const party = grown(size, seeded(seed))
      party.divide(place => place % 2)
      party.runTo(party.now + 1_800_000)
      expect(party.pieces()).toBe(2)
      party.divide(() => 0)
      expect(untilOnePiece(party, 1_000)).toBeLessThan(7_200_000)
    }), { numRuns: 10 })
  })
})
