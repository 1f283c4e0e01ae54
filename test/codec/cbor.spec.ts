import { hexToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeStrict, encode } from '../../src/codec/index.js'

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
    ['a length of which nothing follows', '9b0020000000000000']
  ])('refuses %s', (_what, hex) => {
    expect(() => decodeStrict(hexToBytes(hex), 100)).toThrow(expect.objectContaining({ name: 'ProtocolError' }))
  })

  it('takes eight arrays, each in the next, and one of many items', () => {
    expect(encode(decodeStrict(hexToBytes('81'.repeat(8) + '01'), 100))).toEqual(hexToBytes('81'.repeat(8) + '01'))
    expect(decodeStrict(encode(new Array(200_000).fill(1)), 1_000_000)).toHaveLength(200_000)
  })

  it('survives a nesting that no stack has room for', () => {
    expect(() => decodeStrict(new Uint8Array(500_000).fill(0x81), 1_000_000)).toThrow(expect.objectContaining({ name: 'ProtocolError' }))
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
