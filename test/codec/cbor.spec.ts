import * as dagCbor from '@ipld/dag-cbor'
import { hexToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { describe, expect, it } from 'vitest'
import { decode, decodeStrict, encode } from '../../src/codec/index.js'
import { codePoint } from '../helpers/texts.js'

/** What a function gives, or that it throws. */
function outcome<T> (of: () => T): { is: T } | 'refused' {
  try {
    return { is: of() }
  } catch {
    return 'refused'
  }
}

/** Has it a CID, which only dag-cbor itself takes? */
function hasLink (value: unknown): boolean {
  return CID.asCID(value) != null || (typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && Object.values(value).some(hasLink))
}

/** Has it a number of 2^53 or more, or one that JavaScript has as such, which only dag-cbor itself takes? */
function hasBigInt (value: unknown): boolean {
  return typeof value === 'bigint' || (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && (value instanceof Map ? [...value.values()] : Object.values(value)).some(hasBigInt))
}

/** What JavaScript has: much of it dag-cbor cannot say. */
const anything = fc.anything({ withBigInt: true, withMap: true, withDate: true, withSet: true, withTypedArray: true, withNullPrototype: true, withSparseArray: true, maxDepth: 4 })

/** What dag-cbor can say. */
const sayable = fc.letrec<{ value: unknown }>(value => ({
  value: fc.oneof({ depthSize: 'small' },
    fc.maxSafeInteger(), fc.nat(300), fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string({ unit: codePoint, maxLength: 30 }), fc.boolean(), fc.constant(null),
    fc.uint8Array({ maxLength: 300 }), fc.array(value('value'), { maxLength: 30 }), fc.dictionary(fc.string({ maxLength: 30 }), value('value'), { maxKeys: 30 }))
})).value

describe('Strict dag-cbor', () => {
  it('gives back what was encoded', () => {
    const value = [1, 'GENESIS', [new Uint8Array(32)], null]
    expect(decodeStrict(encode(value), 100)).toEqual(value)
  })

  it.each([
    ['a number in more bytes than it needs', '1801'],
    ['a length in more bytes than it needs', '980101'],
    ['an indefinite length', '9f01ff'],
    ['keys out of order', 'a2616201616101'],
    ['the same key twice', 'a2616101616102'],
    ['undefined', 'f7'],
    ['a half-precision float', 'f93e00'],
    ['a tag that dag-cbor has not', 'c11a514b67b0'],
    ['bytes after the value', '0101'],
    ['a value cut short', '8201'],
    ['nothing', ''],
    ['arrays without end', '81'.repeat(50) + '01'],
    ['nine arrays, each in the next', '81'.repeat(9) + '01'],
    ['text that is not UTF-8', '61ff'],
    ['a whole number as a float', 'fb3ff0000000000000'],
    ['not a number', 'fb7ff8000000000000'],
    ['a length of which nothing follows', '9b0020000000000000'],
    ['2 ** 53, which other readers may take for its neighbour', '1b0020000000000000'],
    ['the largest number of 64 bits, in a map of a list', 'a161618182' + '01' + '1bffffffffffffffff'],
    ['-(2 ** 53)', '3b001fffffffffffff']
  ])('refuses %s', (_what, hex) => {
    expect(() => decodeStrict(hexToBytes(hex), 100)).toThrow(expect.objectContaining({ name: 'ProtocolError' }))
  })

  it('takes eight arrays, each in the next, and one of many items', () => {
    expect(encode(decodeStrict(hexToBytes('81'.repeat(8) + '01'), 100))).toEqual(hexToBytes('81'.repeat(8) + '01'))
    expect(decodeStrict(encode(new Array(200_000).fill(1)), 1_000_000)).toHaveLength(200_000)
  })

  it('takes whole numbers below 2 ** 53 as such, on either side of zero', () => {
    expect(decodeStrict(hexToBytes('821b001fffffffffffff3b001ffffffffffffe'), 100)).toEqual([2 ** 53 - 1, -(2 ** 53 - 1)])
    expect(encode(2 ** 53 - 1)).toEqual(hexToBytes('1b001fffffffffffff'))
  })

  it('has larger ones as floats, and no bigint', () => {
    expect(decodeStrict(encode(2 ** 60), 100)).toBe(2 ** 60)
    expect(encode(2 ** 60)).toHaveLength(9)
    expect(() => encode({ of: [5n] })).toThrow('no bigint')
  })

  it('survives a nesting that no stack has room for', () => {
    expect(() => decodeStrict(new Uint8Array(500_000).fill(0x81), 1_000_000)).toThrow(expect.objectContaining({ name: 'ProtocolError' }))
  })

  it('says each value as @ipld/dag-cbor does, and refuses what that refuses, and bigints', () => {
    fc.assert(fc.property(fc.oneof(anything, sayable), (value) => {
      expect(outcome(() => encode(value))).toEqual(hasBigInt(value) ? 'refused' : outcome(() => dagCbor.encode(value)))
    }), { numRuns: 1000 })
  })

  it('reads whatever bytes as @ipld/dag-cbor does, but for its one tag and for numbers of 2 ** 53 and more', () => {
    const mutation = fc.record({ at: fc.nat(), drop: fc.nat(2), put: fc.uint8Array({ maxLength: 3 }) })

    fc.assert(fc.property(sayable, fc.array(mutation, { maxLength: 3 }), (value, mutations) => {
      const bytes = mutations.reduce((all, { at, drop, put }) => {
        const start = at % (all.length + 1)

        return Uint8Array.from([...all.subarray(0, start), ...put, ...all.subarray(start + drop)])
      }, Uint8Array.from(dagCbor.encode(value)))
      const expected = outcome(() => dagCbor.decode(bytes))

      expect(outcome(() => decode(bytes))).toEqual(expected === 'refused' || hasLink(expected.is) || hasBigInt(expected.is) ? 'refused' : expected)
    }), { numRuns: 1000 })
  })

  it('has no links', () => {
    const link = CID.parse('bafkqaaa')

    expect(() => decodeStrict(dagCbor.encode([link]), 100)).toThrow(expect.objectContaining({ name: 'ProtocolError' }))
  })

  it('refuses what is too long, unread', () => {
    expect(() => decodeStrict(encode(new Uint8Array(100)), 100)).toThrow('longer than')
  })

  it('whatever the bytes, throws nothing else', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        expect(encode(decodeStrict(bytes, 64))).toEqual(bytes)
      } catch (err) {
        expect(err).toMatchObject({ name: 'ProtocolError' })
      }
    }), { numRuns: 500 })
  })
})
