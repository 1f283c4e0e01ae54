/** What a member says of who is there, as it is read before y-protocols reads it: the two never see different things. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Awareness, encodeAwarenessUpdate, modifyAwarenessUpdate } from 'y-protocols/awareness'
import { Doc } from 'yjs'
import { Tellers, toldIn, updateOf } from '../../src/yjs/presence.js'

type States = Array<[client: number, clock: number, state: Record<string, unknown> | null]>

const states = fc.uniqueArray(fc.tuple(
  fc.nat({ max: 2 ** 32 - 1 }),
  fc.maxSafeNat(),
  fc.oneof(fc.constant(null), fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })))
), { selector: ([client]) => client, maxLength: 5 }) as fc.Arbitrary<States>

/** As y-protocols says it. */
function updateWith (all: States): Uint8Array {
  const awareness = new Awareness(new Doc())
  const said = new Map(all.map(([client, clock, state]) => [client, { clock, state }]))
  said.forEach(({ clock }, client) => awareness.meta.set(client, { clock, lastUpdated: 0 }))
  const update = encodeAwarenessUpdate(awareness, [...said.keys()], new Map(all.map(([client, , state]) => [client, state])) as Map<number, Record<string, unknown>>)
  awareness.destroy()

  return update
}

const namesIn = (update: Uint8Array): unknown[] => [...toldIn(update)].map(({ client, clock, isGone }) => [client, clock, isGone])

describe('What Bob says of who is there', () => {
  it('is read as y-protocols said it, and said on byte for byte', () => {
    fc.assert(fc.property(states, (all) => {
      const update = updateWith(all)
      expect(namesIn(update)).toEqual(all.map(([client, clock, state]) => [client, clock, state == null]))
      expect(updateOf([...toldIn(update)])).toEqual(update)
    }))
  })

  it('breaks off at no byte unnoticed', () => {
    const update = updateWith([[7, 300, { name: 'Bob' }], [2 ** 32 - 1, 1, null]])

    for (let length = 0; length < update.length; length++) {
      expect(() => namesIn(update.slice(0, length))).toThrow(RangeError)
    }
  })

  it('is refused, or read as y-protocols reads it, whatever bytes are others', () => {
    fc.assert(fc.property(states, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 }), (all, changes) => {
      const update = updateWith(all)
      changes.forEach(([at, byte]) => { update[at % update.length] = byte })
      let read: unknown[]
      let again: Uint8Array

      try {
        read = namesIn(update)
        again = modifyAwarenessUpdate(update, (state: unknown) => state)
      } catch {
        // either refuses it: nothing is taken
        return
      }

      expect(read).toEqual(namesIn(again))
    }), { numRuns: 200 })
  })

  it('may have numbers that are longer than they need to be', () => {
    // one client, 7 in two bytes, clock 1, "null"
    expect(namesIn(Uint8Array.from([1, 0x87, 0, 1, 4, 0x6e, 0x75, 0x6c, 0x6c]))).toEqual([[7, 1, true]])
  })

  it('is 64 levels deep at most; brackets in a text are none', () => {
    const deep = (levels: number): Uint8Array => updateWith([[1, 1, JSON.parse(`${'{"a":'.repeat(levels)}0${'}'.repeat(levels)}`) as Record<string, unknown>]])
    expect(namesIn(deep(64))).toHaveLength(1)
    expect(() => namesIn(deep(65))).toThrow('too deep')
    expect(namesIn(updateWith([[1, 1, { a: '[{'.repeat(100), 'b"\\': ']"[' }]]))).toHaveLength(1)
  })

  it('is of 4,096 at once, until he is heard no more', () => {
    const tellers = new Tellers()
    const of = (from: number, count: number, isGone = false): Parameters<Tellers['take']>[1] =>
      Array.from({ length: count }, (_, nth) => ({ client: from + nth, clock: 1, isGone, bytes: new Uint8Array(8) }))

    tellers.take('bob', of(0, 4096))
    tellers.take('carol', of(0, 4096))
    tellers.take('bob', of(0, 10, true))
    tellers.take('bob', of(5000, 10))
    expect(() => { tellers.take('bob', of(6000, 1)) }).toThrow(RangeError)
    tellers.delete('bob')
    tellers.take('bob', of(6000, 4096))
  })
})
