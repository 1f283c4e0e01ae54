import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foreign } from '../../src/elements/index.js'
import { anyText } from '../helpers/texts.js'

describe('A name that Mallory chose', () => {
  it('is one line, and turns nothing', () => {
    expect(foreign('Bob\n\nYour words were leaked')).toBe('Bob Your words were leaked')
    expect(foreign('\u2069\u202eBob')).toBe('Bob')
    expect(foreign('a\u2066b\u061cc')).toBe('a b c')
  })

  it('is nothing where there is nothing to see', () => {
    for (const blank of ['', ' ', '\u200b', '\u3164', '\u2800\u00ad', '\u200d\u200c', '\u0301\u0301', '\ufeff\u{e0041}']) {
      expect(foreign(blank), JSON.stringify(blank)).toBe('')
    }
  })

  it('covers no other line', () => {
    expect(foreign(`B${'\u0323'.repeat(100)}ob`)).toBe(`B${'\u0323'.repeat(6)}ob`)
  })

  it('is as it was, where it is a name', () => {
    for (const name of ['Alice', 'Żółw', '読書会', 'نادي الكتاب', 'می\u200cخواهم', 'ธีรศักดิ์', '👩‍👧', 'Ngô Bảo Châu', 'O’Brien-Smith <3']) {
      expect(foreign(name)).toBe(name)
    }
  })

  it('is fit whatever it was, and stays as it is then', () => {
    fc.assert(fc.property(anyText, (text) => {
      const fit = foreign(text)
      expect(fit).not.toMatch(/[\p{Cc}\u2028\u2029\u200b\u202a-\u202e\u2066-\u2069]/u)
      expect(foreign(fit)).toBe(fit)
    }))
  })
})
