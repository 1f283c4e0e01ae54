import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPin, DEFAULT_PIN, isPinShape, normalizePin } from '../../src/codec/index.js'

const words = { length: 8, alphabet: 'abcdefghjkmnpqrstuvwxyz' }

describe('A PIN', () => {
  it('is six digits by default', () => {
    expect(createPin()).toMatch(/^\d{6}$/)
  })

  it('is uniform: a byte that would favour a character is drawn again', () => {
    const bytes = [255, 250, 249, 0, 10, 20, 9, 19]
    expect(createPin({ length: 6, alphabet: '0123456789' }, () => Uint8Array.of(bytes.shift() ?? 0))).toBe('900099')
  })

  it('is not drawn from a broken random source, nor in a shape that it cannot have', () => {
    expect(() => createPin(DEFAULT_PIN, () => new Uint8Array())).toThrow('random source is broken')
    expect(() => createPin({ length: 6, alphabet: '' })).toThrow(RangeError)
    expect(() => createPin({ length: 6, alphabet: String.fromCodePoint(...Array.from({ length: 300 }, (_, i) => 0x4e00 + i)) })).toThrow(RangeError)
  })

  it('of any shape is read back as typed', () => {
    fc.assert(fc.property(fc.integer({ min: 4, max: 32 }), (length) => {
      const shape = { ...words, length }
      const pin = createPin(shape)
      expect(normalizePin(pin, shape)).toBe(pin)
      expect(normalizePin(` ${pin.toUpperCase()} `, shape)).toBe(pin)
    }))
  })

  it.each(['204 958', '204-958', '204.958', ' 204958\n', '２０４９５８', '٢٠٤٩٥٨', '२०४९५८', '2 0 4 9 5 8', '204–958'])('typed as %j is 204958', (text) => {
    expect(normalizePin(text)).toBe('204958')
  })

  it.each(['\u2066204958\u2069', '204\u2060958', '\ufeff204958', '\u061c204958'])('copied with invisible characters, as %j, is 204958', (text) => {
    expect(normalizePin(text)).toBe('204958')
  })

  it('is read in the digits of every script', () => {
    const decimal = Intl.supportedValuesOf('numberingSystem').map(system => new Intl.NumberFormat(`en-u-nu-${system}`, { useGrouping: false }).format(9876543210))
      .filter(digits => /^\p{Nd}{10}$/u.test(digits))

    expect(decimal.length).toBeGreaterThan(50)
    expect([...new Set(decimal.map(digits => normalizePin(digits, { length: 10, alphabet: '0123456789' })))]).toEqual(['9876543210'])
  })

  it('in two rows of digits side by side, is read from the right one', () => {
    // Myanmar Extended-C has twenty digits in a row (Unicode 16)
    const row = Array.from({ length: 6 }, (_, i) => String.fromCodePoint(0x116da + i)).join('')

    if (/^\p{Nd}+$/u.test(row)) {
      expect(normalizePin(row)).toBe('012345')
    }
  })

  it('takes the case of its alphabet', () => {
    expect(normalizePin('abca', { length: 4, alphabet: 'ABC' })).toBe('ABCA')
    expect(normalizePin('ABCA', { length: 4, alphabet: 'abc' })).toBe('abca')
    expect(normalizePin('aBcA', { length: 4, alphabet: 'aABc' })).toBe('aBcA')
  })

  it.each(['', '20495', '2049588', '20495a', 'abcdef'])('cannot be %j, and the error does not repeat it', (text) => {
    try {
      normalizePin(text)
      expect.unreachable()
    } catch (err) {
      expect(err).toMatchObject({ name: 'InvalidPinError' })
      expect(text !== '' && String(err).includes(text)).toBe(false)
    }
  })

  it('has a sensible shape', () => {
    expect(isPinShape(DEFAULT_PIN)).toBe(true)
    expect(isPinShape({ length: 3, alphabet: '01' })).toBe(false)
    expect(isPinShape({ length: 33, alphabet: '01' })).toBe(false)
    expect(isPinShape({ length: 6, alphabet: '00' })).toBe(false)
    expect(isPinShape({ length: 6, alphabet: '0' })).toBe(false)
    expect(isPinShape({ length: 6, alphabet: 'ABCDEF' })).toBe(true)
  })

  it.each(['ab-', 'a b', '０１２', '٠١٢', 'ab\u200b'])('is made of no characters that typing loses, as in %j', (alphabet) => {
    expect(isPinShape({ length: 6, alphabet })).toBe(false)
  })
})
