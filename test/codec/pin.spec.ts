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
  })
})
