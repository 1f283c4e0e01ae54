import { wordlist } from '@scure/bip39/wordlists/english.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { looksLikeShortCode, parseInvitation } from '../../src/codec/index.js'
import { InvalidCodeError } from '../../src/errors.js'
import { completeWord, createShortCode, encodeShortCode, parseShortCode } from '../../src/rendezvous/words.js'

const word = fc.constantFrom(...wordlist)
const four = fc.tuple(word, word, word, word)

describe('Alice says her code aloud', () => {
  it('four words, of which the first two find her and the last two are secret', () => {
    expect(parseShortCode('maple orbit ostrich violin')).toEqual({ nameplate: 'maple-orbit', words: 'ostrich-violin' })
    const code = createShortCode()
    expect(encodeShortCode(code)).toMatch(/^([a-z]{3,8}-){3}[a-z]{3,8}$/)
    expect(parseShortCode(encodeShortCode(code))).toEqual(code)
  })

  it('each word is as likely: 44 bits', () => {
    const bytes = (value: number) => (): Uint8Array => Uint8Array.from({ length: 8 }, (_, i) => i % 2 === 0 ? value >> 8 : value & 255)
    expect(encodeShortCode(createShortCode(bytes(0)))).toBe('abandon-abandon-abandon-abandon')
    expect(encodeShortCode(createShortCode(bytes(0xffff)))).toBe('zoo-zoo-zoo-zoo')
    expect(encodeShortCode(createShortCode(bytes(2048)))).toBe('abandon-abandon-abandon-abandon')
  })
})

describe('Bob types what he heard', () => {
  it('in any case, with whatever between the words, by their first four letters', () => {
    fc.assert(fc.property(four, fc.constantFrom(' ', '-', '  ', ', ', '\u00a0', '\u2013', '.\n', '_'), fc.boolean(), fc.boolean(), (words, between, short, loud) => {
      const typed = words.map(word => short ? word.slice(0, 4) : word).join(between)
      const text = ` ${loud ? typed.toUpperCase() : typed} `
      expect(encodeShortCode(parseShortCode(text))).toBe(words.join('-'))
      expect(looksLikeShortCode(text)).toBe(true)
    }))
  })

  it('every word of the list has its first four letters for itself', () => {
    expect(new Set(wordlist.map(word => word.slice(0, 4))).size).toBe(2048)
    for (const word of wordlist) {
      expect(parseShortCode(`${word.slice(0, 4)} zoo zoo zoo`).nameplate).toBe(`${word}-zoo`)
    }
  })

  it.each([['', 'four words'], ['acid', 'has 1'], ['acid acid acid acid acid', 'has 5'], ['acid xyzzy acid acid', 'second word'], ['acid acid acid acts', 'fourth word']])('"%s" is told: %s', (text, says) => {
    expect(() => parseShortCode(text)).toThrow(InvalidCodeError)
    expect(() => parseShortCode(text)).toThrow(says)
  })

  it('whatever he types, it is a short code or an InvalidCodeError that quotes nothing of it', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.array(fc.oneof(word, fc.string()), { maxLength: 6 }).map(words => words.join(' '))), (text) => {
      try {
        expect(encodeShortCode(parseShortCode(text))).toMatch(/^([a-z]{3,8}-){3}[a-z]{3,8}$/)
      } catch (err) {
        expect(err).toBeInstanceOf(InvalidCodeError)
      }
    }))
    expect(() => parseShortCode('acid acid qqqq wwww')).not.toThrow('qqqq')
  })

  it('completion offers words as he types', () => {
    expect(completeWord('os')).toEqual(['ostrich'])
    expect(completeWord(' MAP')).toContain('maple')
    expect(completeWord('')).toEqual([])
    expect(completeWord('a', 3)).toHaveLength(3)
    expect(completeWord('zzz')).toEqual([])
  })
})

describe('The form of a code', () => {
  it.each(['ABCD EFGH IJKL MNOP '.repeat(6), 'one two three', 'https://app.example/join#AEAQ', '', 'a b c d 7'])('%s is not four words', (text) => {
    expect(looksLikeShortCode(text)).toBe(false)
    expect(() => parseInvitation(text)).toThrow(InvalidCodeError)
  })
})
