/** Which REKEYs an epoch's id may mean, however many were signed concurrently. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { EpochIndex } from '../../src/keys/epoch-index.js'
import { epochIdOf, hashOf } from '../../src/keys/index.js'

const rekey = (nth: number): string => hashOf(Uint8Array.of(nth & 0xff, nth >> 8))
const idOf = (rekeys: string[]): string => bytesToHex(epochIdOf(rekeys))

describe('The epochs of REKEYs', () => {
  it('of nine concurrent ones: each that some member may have seen of them', () => {
    const index = new EpochIndex()
    const all = Array.from({ length: 9 }, (_, nth) => rekey(nth))
    all.forEach((one) => { index.add(one, () => true) })

    for (let chosen = 1; chosen < 2 ** 9; chosen++) {
      const some = all.filter((_, nth) => (chosen >> nth) % 2 === 1)
      expect(index.get(idOf(some))?.toSorted()).toEqual(some.toSorted())
    }
  })

  it('of which one follows the other are none together', () => {
    const index = new EpochIndex()
    // 0 and 1 apart; 2 follows 1
    index.add(rekey(0), () => true)
    index.add(rekey(1), () => true)
    index.add(rekey(2), other => other !== rekey(1))

    expect([[0], [1], [2], [0, 1], [0, 2]].map(some => index.get(idOf(some.map(rekey))))).toEqual(Array.from({ length: 5 }, () => expect.anything() as unknown))
    expect([[1, 2], [0, 1, 2]].map(some => index.get(idOf(some.map(rekey))))).toEqual([undefined, undefined])
  })

  it('an admin signs 100 concurrent ones: those that two sign after that are found, and what was current stays', () => {
    const index = new EpochIndex()
    index.name([rekey(5000), rekey(5001)])

    for (let nth = 0; nth < 100; nth++) {
      index.add(rekey(nth), () => true)
    }

    index.add(rekey(2000), () => false)
    index.add(rekey(2001), other => other === rekey(2000))

    expect(index.get(idOf([rekey(2000), rekey(2001)]))).toBeDefined()
    expect(index.get(idOf([rekey(5000), rekey(5001)]))).toBeDefined()
    expect(index.get(idOf([rekey(98), rekey(99)]))).toBeDefined()
  })

  it('of a thousand concurrent ones, each current with those before it: not all of these rows are kept', () => {
    const index = new EpochIndex()
    const all = Array.from({ length: 1000 }, (_, nth) => rekey(nth))
    const until = (end: number): string[] => all.slice(0, end)

    for (let end = 2; end <= all.length; end++) {
      index.name(until(end))
      // told twice, kept once
      index.name(until(end))
    }

    expect([500, 990, 1000].map(end => index.get(idOf(until(end)))?.length)).toEqual([undefined, 990, 1000])
  })
})
