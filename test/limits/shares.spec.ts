import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Shares } from '../../src/limits/shares.js'
import type { Holder } from '../../src/limits/shares.js'

interface Place extends Holder { idle?: boolean }

const isIdle = ({ idle = false }: Place): boolean => idle

function shares (...places: Place[]): Shares<Place> {
  const all = new Shares<Place>()
  places.forEach(place => { all.add(place) })

  return all
}

describe('When all places are taken', () => {
  const [eve, eves, alice, bob] = [{ peer: 'eve', origin: 'e' }, { peer: 'eve 2', origin: 'e' }, { peer: 'alice', origin: 'a' }, { peer: 'bob', origin: 'b' }]

  it('who has most gives one up, the oldest first', () => {
    const [first, second] = [{ ...eve }, { ...eve }]
    expect(shares(alice, first, second).yielding(bob, isIdle)).toBe(first)
  })

  it('of those who have most, an idle one goes first', () => {
    const [first, second] = [{ ...eve }, { ...eves, idle: true }]
    expect(shares(alice, first, second).yielding(bob, isIdle)).toBe(second)
  })

  it('many keys of one address count as one', () => {
    const places = [alice, ...Array.from({ length: 5 }, (_, i) => ({ peer: `eve ${i}`, origin: 'e' }))]
    expect(shares(...places).yielding(bob, isIdle)?.origin).toBe('e')
  })

  it('whoever has most gets none of the others', () => {
    expect(shares({ ...alice, idle: true }, eve, eves).yielding({ peer: 'eve 3', origin: 'e' }, isIdle)).toBeUndefined()
  })

  it('where all have as much, the idle go, and those who are there stay', () => {
    const away = { ...eve, idle: true }
    expect(shares(alice, away).yielding(bob, isIdle)).toBe(away)
    expect(shares(alice, eve).yielding(bob, isIdle)).toBeUndefined()
  })

  it('at one address, the greediest key gives to another', () => {
    const [first, second] = [{ ...eve }, { ...eve }]
    expect(shares(first, second).yielding(eves, isIdle)).toBe(first)
    expect(shares(first, eves).yielding({ peer: 'eve 3', origin: 'e' }, isIdle)).toBeUndefined()
  })

  it('nobody who is there ever loses a place to an address that has as many', () => {
    const place = fc.record({ peer: fc.constantFrom('1', '2', '3', '4'), origin: fc.constantFrom('a', 'b', 'c'), idle: fc.boolean() })
    fc.assert(fc.property(fc.array(place, { minLength: 1 }), place, (places, newcomer) => {
      const all = shares(...places)
      const yielded = all.yielding(newcomer, isIdle)

      if (yielded != null && yielded.origin !== newcomer.origin) {
        expect(all.ofOrigin(yielded.origin)).toBeGreaterThan(all.ofOrigin(newcomer.origin) + (yielded.idle ? 0 : 1))
      }

      for (const { origin } of places) {
        // who has two more than a newcomer never keeps it out
        expect(yielded == null && all.ofOrigin(origin) > all.ofOrigin(newcomer.origin) + 1).toBe(false)
      }

      places.forEach(place => { all.delete(place) })
      expect([all.size, all.ofOrigin('a'), all.ofPeer('1')]).toEqual([0, 0, 0])
    }))
  })
})
